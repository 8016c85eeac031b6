"""What sets ALI apart: a discriminator of pairs, and an encoder that plays against it beside the generator."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers
from unizoo.zoo import ALI
from unizoo.zoo.explain import explain


@pytest.fixture(scope="module")
def row(rows):
    return next(row for row in rows if row.name == "ali")


def test_the_players_see_pairs_with_labels_reversed(row):
    model, batch = row.make_lively(instance_noise=0.1), row.batch(5)
    noise = row.noise(model, 5)["generator"][0]
    posterior = model.encode(batch.images)
    codes = posterior.mean() + posterior.stddev() * noise["posterior"]
    images = model.generator(noise["codes"]) + noise["generated"]
    real = model.discriminator((batch.images + noise["real"], codes))[:, 0]
    generated = model.discriminator((images, noise["codes"]))[:, 0]
    discriminator, generator = (phase.loss(batch, noise, False)[0] for phase in model.phases)
    softplus = tf.nn.softplus
    np.testing.assert_allclose(discriminator, softplus(-real) + softplus(generated), atol=1e-4)
    np.testing.assert_allclose(generator, softplus(real) + softplus(-generated), atol=1e-4)


def test_discriminate_judges_an_image_with_the_code_it_is_given_by_the_encoder(row):
    model, images = row.make_lively(), row.images(4)
    expected = model.discriminator((images, model.encode(images).mean()))[:, 0]
    np.testing.assert_allclose(model.discriminate(images), expected, atol=1e-5)


def test_a_reconstruction_is_the_samples_generators_image_of_the_code(row):
    model, images = row.make_lively(), row.images(4)
    codes = model.encode(images).mean()
    np.testing.assert_allclose(model.reconstruct(images), model.average_generator(codes), atol=1e-6)


def test_a_deterministic_posterior_is_a_bidirectional_gan(row):
    model, images = row.make_lively(posterior="deterministic"), row.images(4)
    np.testing.assert_array_equal(model.reconstruct(images, seed=1), model.reconstruct(images))
    np.testing.assert_array_equal(model.encode(images).stddev(), np.zeros((4, 3)))
    assert "posterior" not in model.phases[0].noise(2, tf.constant([0, 1]))
    model.compile(run_eagerly=True)
    assert np.isfinite(list(model.fit(images, batch_size=4, verbose=0).history.values())).all()
    assert "deterministic" in explain(model)


def test_the_encoder_inverts_the_generator():
    """On numbers in place of images: after training a code comes back from its image."""
    image, code = keras.Input((1, 1, 1)), keras.Input((1,))
    generator = keras.Sequential([code, keras.layers.Dense(1, "sigmoid"), keras.layers.Reshape((1, 1, 1))])
    encoder = keras.Sequential([image, keras.layers.Flatten(), keras.layers.Dense(32, "tanh")])
    trunk = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(32, "tanh")])
    pairs = layers.PairDiscriminator(trunk, layers.mlp((1,), (32,), "tanh", 1), (64,), seed=2)
    model = ALI(
        (1, 1, 1),
        1,
        encoder_network=encoder,
        generator_network=generator,
        discriminator_network=pairs,
    )
    model.compile({phase.name: keras.optimizers.Adam(5e-3, beta_1=0.5) for phase in model.phases})
    data = 1.0 / (1.0 + np.exp(-np.random.default_rng(0).normal(size=(1024, 1, 1, 1)))).astype(np.float32)
    model.fit(data, batch_size=128, epochs=60, verbose=0)
    codes = np.random.default_rng(1).normal(size=(200, 1)).astype(np.float32)
    recovered = model.encode(model.generator(codes)).mean().numpy()
    assert np.corrcoef(codes[:, 0], recovered[:, 0])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 3}, "num_classes=None only. Received: num_classes=3"),
        ({"adversarial_loss": "minimax"}, "Received: adversarial_loss='minimax'"),
        ({"posterior": "cauchy"}, "posterior must be one of .*Received: posterior='cauchy'"),
    ],
)
def test_what_it_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ALI((10, 10, 1), 3, filters=2, **arguments)


def test_a_discriminator_of_pairs_is_serialisable():
    trunk = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    layer = layers.PairDiscriminator(trunk, layers.mlp((3,), (2,), "tanh", 0), (4, 4), seed=5)
    clone = layers.PairDiscriminator.from_config(layer.get_config())
    inputs = (tf.ones([2, 2, 2, 1]), tf.ones([2, 3]))
    assert layer(inputs).shape == (2, 1)
    np.testing.assert_allclose(clone(inputs), layer(inputs))


def test_a_dense_discriminator():
    network = layers.mlp_discriminator(3, (4, 5), seed=0)
    assert network(tf.ones([2, 3])).shape == (2, 1)
    assert [weight.shape for weight in network.weights[::2]] == [(3, 4), (4, 5), (5, 1)]
    first, *others = (layers.mlp_discriminator(3, (4, 4, 4), seed=seed).get_weights() for seed in (0, 0, 1))
    np.testing.assert_array_equal(first[0], others[0][0])
    assert not np.allclose(first[0], others[1][0])
