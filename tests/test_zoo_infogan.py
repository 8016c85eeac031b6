"""What sets InfoGAN apart: codes that are set at sampling and read off images, without any label in training."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo import data, evaluation, layers
from unizoo.workflows.card import figures_table
from unizoo.workflows.gallery import caption, gallery, portrait
from unizoo.zoo import InfoGAN


@pytest.fixture(scope="module")
def row(rows):
    return next(row for row in rows if row.name == "infogan")


@pytest.fixture(scope="module")
def lively(row):
    return row.make_lively()


def test_continuous_codes_are_set_at_sampling(lively):
    one, other = (lively.sample(4, labels=1, continuous=[code], seed=0).numpy() for code in (-1.0, 1.0))
    assert not np.allclose(one, other)
    np.testing.assert_array_equal(lively.sample(4, labels=1, continuous=np.full((4, 1), -1.0), seed=0), one)
    np.testing.assert_array_equal(lively.sample(4, labels=1, continuous=[-1.0], seed=0), one)


def test_codes_not_given_are_drawn_by_the_rows_seed(lively):
    drawn = lively.sample(6, continuous=[0.0], seed=3)
    np.testing.assert_allclose(lively.sample(6, continuous=[0.0], seed=3), drawn)
    assert not np.allclose(lively.sample(6, continuous=[0.0], labels=0, seed=3), drawn)


@pytest.mark.parametrize("continuous", [0.5, [0.5, 0.5], [[0.5]] * 3])
def test_continuous_codes_of_another_shape_are_refused(lively, continuous):
    with pytest.raises(ValueError, match=r"one vector of 1 codes, or one for each of 2 images. Received: shape"):
        lively.sample(2, continuous=continuous)


def test_the_codes_of_training_are_uniform(lively):
    noise = lively.phases[0].noise(3000, tf.constant([0, 1]))
    normal, category, continuous = np.split(noise["codes"], [3, 6], axis=1)
    np.testing.assert_allclose(category.mean(axis=0), 1 / 3, atol=0.03)
    assert set(np.unique(category)) == {0.0, 1.0}
    np.testing.assert_array_equal(category.sum(axis=1), 1.0)
    assert -1.0 <= continuous.min() < -0.99 < 0.99 < continuous.max() <= 1.0
    np.testing.assert_allclose([normal.mean(), normal.std()], [0.0, 1.0], atol=0.05)


def test_both_players_climb_the_codes_likelihood(row):
    """Eq. 9: each loss is the GAN's less the weighted log q(z|x) of the generated images."""
    weights = {"category_weight": 2.0, "continuous_weight": 0.5}
    model, batch = row.make_lively(**weights), row.batch(5)
    noise = row.noise(model, 5)["generator"][0]
    images = model.generator(noise["codes"]) + noise["generated"]
    inferred = model.inference(model.trunk(images)).model
    category, continuous = np.argmax(noise["codes"][:, 3:6], axis=1), noise["codes"][:, 6:]
    expected = 2.0 * inferred["category"].log_prob(category) + 0.5 * inferred["continuous"].log_prob(continuous)
    real, generated = (model._logits(one, None, False) for one in (batch.images + noise["real"], images))
    softplus = tf.nn.softplus
    for phase, loss in zip(model.phases, (softplus(-real) + softplus(generated), softplus(-generated)), strict=True):
        np.testing.assert_allclose(phase.loss(batch, noise, False)[0], loss - expected, atol=1e-4)


def test_without_continuous_codes(row):
    model = row.make(num_continuous=0)
    model.compile(run_eagerly=True)
    model.fit(row.images(4), batch_size=4, verbose=0)
    assert "continuous_log_likelihood" not in model.term_names
    assert set(model.encode(row.images(2)).model) == {"category"}
    assert model.sample(2, labels=0, seed=0).shape == (2, 10, 10, 1)


def test_the_inference_network_learns_to_read_the_codes(row):
    model = row.make(category_weight=5.0, instance_noise=0.0, moving_average=None)
    model.compile({phase.name: keras.optimizers.Adam(1e-2) for phase in model.phases})
    history = model.fit(row.images(64), batch_size=32, epochs=60, verbose=0).history["category_log_likelihood"]
    assert np.mean(history[-20:]) > np.log(0.8)  # the epochs' mean, as players circle; guessing gives log(1/3)
    labels = np.arange(60) % 3
    inferred = model.encode(model.sample(60, labels=labels, seed=0)).model["category"].mode()
    assert np.mean(inferred == labels) > 0.5  # the batch statistics' averages may lag in one category of three


def test_categories_are_measured_against_true_classes():
    model = InfoGAN((8, 8, 1), 3, 4, 1, filters=2)
    images = data.load_arrays("digits", "test")
    categories = model.categorize(images.images.astype(np.float32))
    figures = evaluation.evaluate(model, "digits")["clusters"]
    assert (figures["num_categories"], figures["num_images"]) == (4, 297)
    assert figures["accuracy"] == evaluation.cluster_accuracy(np.asarray(categories), images.labels)
    assert "4 categories" in figures_table({"split": "test", "clusters": figures})


def test_a_picture_has_a_column_for_each_category(lively):
    for n, line, rows in ((4, [0, 1, 2], 2), (30, [0, 0, 1, 1, 2, 2], 5)):  # few categories: two columns each
        picture = gallery(lively, n, seed=0, scale=1, padding=1)
        samples = data.image_grid(lively.sample(len(line) * rows, labels=line * rows, seed=0), len(line), 1)
        np.testing.assert_array_equal(picture[-len(samples) :], samples.repeat(3, axis=-1))
        assert (picture[: -len(samples)] < 128).any()  # the categories' numbers


def test_the_picture_of_the_codes_varies_each_alone(lively):
    def samples(value):
        return lively.sample(4, labels=[0, 1, 2, 0], continuous=[value], seed=5).numpy()

    values = np.linspace(-2.0, 2.0, 6)  # as many as there are columns: two for each category
    line = [samples(value)[row] for row in range(4) for value in values]
    rows = {"categories": lively.sample(36, labels=[0, 0, 1, 1, 2, 2] * 6, seed=5), "code 1": line}
    np.testing.assert_array_equal(portrait(lively, {}, 5), data.labelled_grid(rows, columns=6, scale=5, padding=1))
    assert "each continuous code from -2 to 2" in caption(lively, {}, 5)
    assert not np.allclose(line[0], line[5])


def test_a_trunk_of_ones_own():
    trunk = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(5)])
    generator = keras.Sequential([keras.Input((3 + 2 + 1,)), keras.layers.Dense(16), keras.layers.Reshape((4, 4, 1))])
    model = InfoGAN((4, 4, 1), 3, 2, 1, discriminator_network=trunk, generator_network=generator)
    assert model.trunk is trunk
    assert model.discriminate(np.zeros((2, 4, 4, 1))).shape == (2,)
    assert type(model).from_config(model.get_config()).trunk.count_params() == trunk.count_params()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 3}, "num_classes=None only. Received: num_classes=3"),
        ({"adversarial_loss": "minimax"}, "Received: adversarial_loss='minimax'"),
        ({"num_categories": 1}, "at least 2 categories .*Received: num_categories=1"),
        ({"num_continuous": -1}, "Received: .*num_continuous=-1"),
        ({"trunk_units": 0}, "positive integer. Received: trunk_units=0"),
    ],
)
def test_what_it_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        unizoo.zoo.make_model("infogan", image_shape=(10, 10, 1), **arguments)


def test_the_head_is_serialisable_and_bounds_the_density():
    head = layers.CategoryAndContinuous(3, 2, min_scale=0.5)
    assert head.params_size == 3 + 2 * 2
    clone = layers.CategoryAndContinuous.from_config(head.get_config())
    features = tf.constant([[0.0, 1.0, 2.0, 0.1, 0.2, -50.0, 0.0]])
    for one in (head, clone):
        codes = one(features).model
        np.testing.assert_allclose(codes["category"].logits, features[:, :3])
        np.testing.assert_allclose(codes["continuous"].mean(), [[0.1, 0.2]])
        np.testing.assert_allclose(codes["continuous"].stddev(), [[0.5, 1.0]], atol=1e-6)
