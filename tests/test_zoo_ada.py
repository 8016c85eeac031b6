"""What sets adversarial domain adaptation apart: features that hide their domain, moved images, dropped features."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import adversarial
from unizoo.zoo import ADA
from unizoo.zoo.core.phase import Batch

SHAPE = (12, 8, 1)


def small(**config):
    return ADA(SHAPE, **{"num_classes": 3, "num_features": 6, "filters": 2, "hidden": (4,), **config})


def both_domains(n=5):
    images = np.random.default_rng(0).random((2, n, *SHAPE), dtype=np.float32)
    return Batch((tf.constant(images[0]), tf.constant(images[1])), tf.constant([0, 1, 2, 0, 1][:n]))


def test_images_move_by_whole_pixels_and_black_comes_in():
    model = small(shift=0.25)  # 3 pixels down or up, 2 to the right or left
    images = np.random.default_rng(1).random((3, *SHAPE), dtype=np.float32)
    moved = model._features.shift(tf.constant(images), tf.constant([[0, 0], [3, -2], [-1, 1]])).numpy()
    expected = np.zeros_like(images)
    expected[0] = images[0]
    expected[1, 3:, :-2] = images[1, :-3, 2:]
    expected[2, :-1, 1:] = images[2, 1:, :-1]
    np.testing.assert_array_equal(moved, expected)


def test_moves_reach_every_distance_up_to_the_largest_and_differ_between_domains():
    model = small(shift=0.25)
    source, target = (given["moves"].numpy() for given in model._features.noise_of_both(2000, tf.constant([1, 2])))
    for moves in (source, target):
        assert set(moves[:, 0]) == set(range(-3, 4))
        assert set(moves[:, 1]) == set(range(-2, 3))
        # 2,000 draws of seven values: four standard deviations of a share of 1/7
        assert np.abs(np.bincount(moves[:, 0] + 3) / 2000 - 1 / 7).max() < 4 * np.sqrt(1 / 7 * 6 / 7 / 2000)
    assert (source != target).any()


def test_training_moves_images_drops_features_and_keeps_their_mean_and_evaluation_does_neither():
    model = small(shift=0.25, dropout=0.5)
    batch = both_domains()
    # Every feature but the first is dropped from the source, none but the first from the target.
    uniform = tf.constant([[0.9] + 5 * [0.1]] * 5)
    noise = tuple(
        {"moves": tf.constant([moves] * 5), "uniform": u} for moves, u in (([3, -2], uniform), ([-1, 0], 1.0 - uniform))
    )
    whole = [
        model._features.plain(model._features.shift(images, given["moves"]))
        for images, given in zip(batch.images, noise, strict=True)
    ]
    source, target = model._features.of_both(batch, noise, True)
    np.testing.assert_allclose(source[:, 0], 2.0 * whole[0][:, 0], rtol=1e-6)
    np.testing.assert_array_equal(source[:, 1:], 0.0)
    np.testing.assert_array_equal(target[:, 0], 0.0)
    np.testing.assert_allclose(target[:, 1:], 2.0 * whole[1][:, 1:], rtol=1e-6)
    for features, images in zip(model._features.of_both(batch, noise, False), batch.images, strict=True):
        np.testing.assert_array_equal(features, model._features.plain(images))


def test_predict_takes_images_of_one_domain():
    model = small()
    model.compile(run_eagerly=True)
    a, b = (images.numpy() for images in both_domains().images)
    np.testing.assert_allclose(model.predict(a, verbose=0), model.classify(a), rtol=1e-6)
    with pytest.raises(ValueError, match=r"predicts from images of one at a time.*Received: a tuple of 2"):
        model.predict((a, b), verbose=0)


def test_features_climb_the_discriminators_own_objective_with_the_domains_exchanged():
    model = small(adaptation_weight=0.7)
    batch = both_domains()
    noise = model._features.noise_of_both(5, tf.constant([1, 2]))
    discriminator, features = model.phases
    loss, terms = features.loss(batch, noise, False)
    exchanged = Batch(batch.images[::-1], batch.labels)
    np.testing.assert_allclose(terms["confusion"], discriminator.loss(exchanged, noise, False)[0], rtol=1e-5)
    np.testing.assert_allclose(loss, 0.7 * terms["confusion"] - terms["classification"], rtol=1e-5)
    logits = [model._logits(model._features.plain(images), None, False) for images in batch.images]
    np.testing.assert_allclose(terms["confusion"], adversarial.discriminator_loss(logits[1], logits[0]), rtol=1e-5)
