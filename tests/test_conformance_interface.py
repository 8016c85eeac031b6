"""Every model: the methods for using it answer as documented, or say why they do not."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo.core.randomness import row_seeds

METHODS = (
    "translate",
    "generate",
    "encode",
    "decode",
    "reconstruct",
    "interpolate",
    "log_prob",
    "discriminate",
    "classify",
)


def _assert_images(images, shape):
    images = np.asarray(images)
    assert images.shape == shape
    assert images.dtype == np.float32
    assert images.min() >= 0.0
    assert images.max() <= 1.0


def _needs(row, method):
    if method not in row.methods:
        pytest.skip(f"{row.name} has no {method}")


def _call(row, model, method):
    images = row.images(2)
    arguments = {
        "generate": (row_seeds(2, 0),),
        "decode": (tf.zeros([2, 3]),),
        "interpolate": (images, images[::-1]),
    }.get(method, (images,))
    labelled = {} if method in ("classify", "translate") else row.labelled(2)
    return getattr(model, method)(*arguments, **labelled)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_answers_or_says_why_not(row, method):
    model = row.make(name="mine")
    assert model.supports(method) == (method in row.methods)
    if method in row.methods:
        assert _call(row, model, method) is not None
    else:
        with pytest.raises(NotImplementedError, match=rf"{type(model).__name__} has no {method}.*Received: mine"):
            _call(row, model, method)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("generate", "decode")])
def test_what_is_no_batch_of_its_images_is_refused(row, method):
    _needs(row, method)
    model, images = row.make(), row.images(2)
    labels = {} if method in ("classify", "translate") else row.labelled(2)
    for wrong, message in (
        (images[0], "wrong shape"),
        (images[:, 1:], "wrong shape"),
        (np.int32(4095 * images), "integers outside"),
        (255.0 * images, "outside"),
        (tf.constant(255.0 * images), "outside"),
        (tf.constant(images * np.nan), "not finite"),
    ):
        arguments = (wrong, wrong) if method == "interpolate" else (wrong,)
        with pytest.raises(ValueError, match=rf"{message}.* Received: shape=.*dtype="):
            getattr(model, method)(*arguments, **labels)


def test_sample_is_reproducible_and_equals_generate(row):
    _needs(row, "generate")
    model = row.make_lively()
    labels = row.labelled(5)
    samples = model.sample(5, seed=3, **labels)
    _assert_images(samples, (5, *row.image_shape))
    np.testing.assert_array_equal(model.sample(5, seed=3, **labels), samples)
    np.testing.assert_allclose(model.generate(row_seeds(5, 3), **labels), samples, atol=1e-6)
    assert not np.allclose(model.sample(5, seed=4), samples)
    assert not np.allclose(model.sample(30), model.sample(30))  # many: a few binary codes may fall out alike
    assert not np.allclose(samples[0], samples[1])


def test_a_generated_image_depends_on_its_own_seed_alone(row):
    _needs(row, "generate")
    model = row.make_lively()
    rows = [tf.constant([5, -7, 2**62], tf.int64), *row.labelled(3).values()]
    together = model.generate(*rows)
    for index in range(3):
        alone = model.generate(*(part[index : index + 1] for part in rows))
        np.testing.assert_allclose(alone[0], together[index], atol=1e-6)
    np.testing.assert_allclose(model.generate(*(part[::-1] for part in rows))[::-1], together, atol=1e-6)


def test_a_drawn_image_depends_on_its_own_seed_alone(row):
    if "decode" not in row.methods:
        pytest.skip(f"{row.name} has no likelihood")
    model = row.make_lively()
    rows = [row_seeds(4, 0), *row.labelled(4).values()]
    together = model.generate(*rows, draw=True)
    assert set(np.unique(together)) == {0.0, 1.0}  # a Bernoulli likelihood's draws
    for index in range(4):
        alone = model.generate(*(part[index : index + 1] for part in rows), draw=True)
        np.testing.assert_array_equal(alone[0], together[index])
    np.testing.assert_array_equal(model.sample(4, seed=0, draw=True, **row.labelled(4)), together)


def test_a_draw_where_there_is_nothing_to_draw_is_refused(row):
    _needs(row, "generate")
    if "decode" in row.methods:
        pytest.skip(f"{row.name} has a likelihood")
    with pytest.raises(NotImplementedError, match="deterministic"):
        row.make().sample(2, draw=True)


def test_sampling_no_images_is_refused(row):
    model = row.make()
    error, message = (ValueError, r"at least 1. Received: n=0")
    if "generate" not in row.methods:
        error, message = (NotImplementedError, r"has no sample: it makes no images from noise")
    with pytest.raises(error, match=message):
        model.sample(0)


def test_more_samples_than_a_chunk(row):
    _needs(row, "generate")
    samples = row.make().sample(501, seed=0)
    _assert_images(samples, (501, *row.image_shape))


def test_encode_and_decode_are_distributions(row):
    _needs(row, "encode")
    model, images = row.make(), row.images(4)
    posterior = model.encode(images, **row.labelled(4))
    codes = posterior.sample(seed=(0, 1))
    assert posterior.log_prob(codes).shape == (4,)
    _needs(row, "decode")
    likelihood = model.decode(codes, **row.labelled(4))
    lowest = tf.nest.flatten(codes)[0]  # of several stochastic layers, which alone the images depend on
    np.testing.assert_array_equal(model.decode(lowest, **row.labelled(4)).mean(), likelihood.mean())
    assert likelihood.log_prob(images).shape == (4,)
    _assert_images(likelihood.mean(), images.shape)


def test_reconstruct_and_interpolate(row):
    _needs(row, "reconstruct")
    model, images = row.make_lively(), row.images(4)
    labels, pairs = row.labelled(4), {"labels": np.zeros(2, np.int32)} if row.labelled(2) else {}
    means = model.reconstruct(images, **labels)
    _assert_images(means, images.shape)
    np.testing.assert_array_equal(model.reconstruct(images, **labels), means)
    drawn = model.reconstruct(images, seed=1, **labels)
    np.testing.assert_array_equal(model.reconstruct(images, seed=1, **labels), drawn)
    assert not np.allclose(drawn, means)
    line = model.interpolate(images[:2], images[2:], steps=5, **pairs)
    _assert_images(line, (2, 5, *row.image_shape))
    for end, originals in ((0, images[:2]), (-1, images[2:])):
        np.testing.assert_allclose(line[:, end], model.reconstruct(originals, **pairs), atol=1e-5)
    with pytest.raises(ValueError, match="steps must be at least 2"):
        model.interpolate(images[:2], images[2:], steps=1, **pairs)
    with pytest.raises(ValueError, match="Received: 2 and 1"):
        model.interpolate(images[:2], images[:1], **{name: labels[:1] for name, labels in pairs.items()})


def test_log_prob_grows_with_the_number_of_samples_and_follows_its_seed(row):
    _needs(row, "log_prob")
    model, images, labels = row.make_lively(), row.images(64), row.labelled(64)
    few, more, many = (model.log_prob(images, num_samples=k, seed=0, **labels).numpy() for k in (1, 10, 1500))
    assert many.shape == (64,)
    assert many.dtype == np.float32
    assert few.mean() < more.mean() < many.mean() < 0.0
    np.testing.assert_array_equal(model.log_prob(images, num_samples=10, seed=0, **labels), more)
    assert not np.allclose(model.log_prob(images, num_samples=10, seed=1, **labels), more)


def test_discriminate_gives_a_logit_an_image(row):
    _needs(row, "discriminate")
    model, images, labels = row.make_lively(), row.images(3), row.labelled(3).values()
    logits = model.discriminate(images, *labels)
    assert logits.shape == (3,)
    assert logits.dtype == tf.float32
    np.testing.assert_allclose(model.discriminate(*(part[:1] for part in (images, *labels))), logits[:1], atol=1e-5)
    if "reconstruct" not in row.methods:  # which calling a model means, where it can
        np.testing.assert_allclose(model(images, *labels), logits, atol=1e-5)


def test_classify_gives_the_probabilities_of_the_classes(row):
    _needs(row, "classify")
    model, images = row.make_lively(), row.images(3)
    probabilities = model.classify(images)
    assert probabilities.shape == (3, model.num_classes)
    assert probabilities.dtype == tf.float32
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1.0, atol=1e-5)
    assert not np.allclose(probabilities[0], probabilities[1])
    np.testing.assert_allclose(model.classify(images[:1]), probabilities[:1], atol=1e-5)


def test_labels_of_samples(row):
    _needs(row, "generate")
    model = row.make_lively()
    if model.sample_classes is None:
        with pytest.raises(ValueError, match=r"takes no labels. Received: labels=\[0, 1\]"):
            model.sample(2, labels=[0, 1])
        return
    for one, labels in enumerate(np.eye(2, dtype=np.int32)):
        np.testing.assert_array_equal(
            model.sample(2, labels=labels, seed=0)[1 - one], model.sample(2, labels=0, seed=0)[1 - one]
        )
    assert not np.allclose(model.sample(4, labels=0, seed=0), model.sample(4, labels=1, seed=0))
    for wrong, message in (
        ([0], "one for each image, 2 here"),
        ([0, 99], "none of the classes.* from 0 to 99"),
        (0.5, "wrong dtype"),
    ):
        with pytest.raises(ValueError, match=message):
            model.sample(2, labels=wrong)


def test_translate_goes_both_ways(row):
    _needs(row, "translate")
    model, images = row.make_lively(), row.images(5)
    both = [model.translate(images, to=domain) for domain in ("a", "b")]
    for translated in both:
        _assert_images(translated, images.shape)
    assert not np.allclose(*both)
    np.testing.assert_array_equal(model.translate(images), both[1])
    np.testing.assert_allclose(model.translate(images[:1]), both[1][:1], atol=1e-6)  # each image alone
    with pytest.raises(ValueError, match=r"one of the two domains. Received: to='c'"):
        model.translate(images, to="c")
