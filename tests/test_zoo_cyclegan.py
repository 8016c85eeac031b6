"""CycleGAN: which image each term is of, with which sign and weight, and that training translates."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import zoo
from unizoo.zoo import Batch

TINY = {"image_shape": (10, 10, 1), "filters": 3, "blocks": 1}


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(0)
    return Batch(tuple(tf.constant(random.random((6, 10, 10, 1)), tf.float32) for _ in "ab"))


def _lively(**changes):
    model, random = zoo.make_model("cyclegan", **TINY, **changes), np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0.0, 0.3, weight.shape))
    return model


def _softplus(x):
    return np.logaddexp(0.0, x)


def test_the_losses_are_the_papers(batch):
    model = _lively(cycle_weight=7.0)
    a, b = batch.images
    noise = model.phases[0].noise(6, tf.constant([0, 1]))
    to_a, to_b = model.translate(b, to="a"), model.translate(a, to="b")
    shown = {"a": (a, to_a), "b": (b, to_b)}
    logits = {
        domain: [
            model.domains[domain].logits(images + one).numpy()
            for images, one in zip(shown[domain], noise[domain], strict=True)
        ]
        for domain in "ab"
    }
    losses = {phase.name: phase.loss(batch, noise, False) for phase in model.phases}
    for domain, (real, translated) in logits.items():  # real images up, translated ones down
        expected = _softplus(-real) + _softplus(translated)
        np.testing.assert_allclose(losses[f"discriminator_{domain}"][0], expected, rtol=1e-4)
    loss, terms = losses["translators"]
    for domain in "ab":  # the translators against both
        np.testing.assert_allclose(terms[f"deception_{domain}"], _softplus(-logits[domain][1]), rtol=1e-4)
    back = {"a": model.translate(to_b, to="a"), "b": model.translate(to_a, to="b")}
    for domain, start in (("a", a), ("b", b)):  # there and back again, to where it set out
        error = np.mean(np.abs(back[domain] - start), axis=(1, 2, 3))
        np.testing.assert_allclose(terms[f"cycle_{domain}"], error, rtol=1e-4)
    cycles = terms["cycle_a"] + terms["cycle_b"]
    np.testing.assert_allclose(loss, terms["deception_a"] + terms["deception_b"] + 7.0 * cycles, rtol=1e-5)


def test_each_domain_has_a_discriminator_of_its_own(batch):
    model, images = _lively(), batch.images[0]
    one, other = (model.discriminate(images, domain=domain) for domain in "ab")
    assert not np.allclose(one, other)
    np.testing.assert_array_equal(model.discriminate(images), one)
    with pytest.raises(ValueError, match=r"one of the two domains. Received: domain='c'"):
        model.discriminate(images, domain="c")


def test_training_learns_to_invert_pictures():
    """Domain b is a's negative, dark strokes on white; a few steps bring translations to the other's ground."""
    random = np.random.default_rng(0)
    strokes = np.zeros((64, 10, 10, 1), np.float32)
    for image, row in zip(strokes, random.integers(2, 8, 64), strict=True):
        image[row, 2:8] = 1.0
    model = zoo.make_model("cyclegan", **{**TINY, "filters": 8}, seed=0)
    model.compile(keras.optimizers.Adam(2e-3, beta_1=0.5))
    before = float(np.mean(model.translate(strokes, to="b")))
    model.fit((strokes, 1.0 - strokes[::-1]), batch_size=16, epochs=25, verbose=0)
    after = float(np.mean(model.translate(strokes, to="b")))
    assert abs(after - np.mean(1.0 - strokes)) < 0.5 * abs(before - np.mean(1.0 - strokes))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cycle_weight": -1.0}, "0 or more. Received: cycle_weight=-1.0"),
        ({"instance_noise": -0.1}, "0 or more. Received: .*instance_noise=-0.1"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        zoo.make_model("cyclegan", **{**TINY, **wrong})
