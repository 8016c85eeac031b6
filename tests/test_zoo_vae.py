"""What the VAE's other likelihoods change, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import VAE


def test_images_of_a_normal_likelihood_are_clipped_to_their_range(rows):
    row = next(row for row in rows if row.name == "vae")
    model, images = row.make_lively(likelihood="normal"), row.images(9)
    assert np.max(model.decode(model.encode(images).mean()).mean()) > 1.0
    for made in (model.sample(9, seed=0), model.sample(9, seed=0, draw=True), model.reconstruct(images)):
        assert 0.0 <= np.min(made) < np.max(made) <= 1.0


def test_compile_takes_no_loss(rows):
    row = next(row for row in rows if row.name == "vae")
    with pytest.raises(TypeError, match=r"VAE has its losses and metrics in its phases.*\['loss', 'metrics'\]"):
        row.make().compile("adam", loss="mse", metrics=[])


def test_codes_of_another_size_and_latent_layers_that_it_has_not_are_refused():
    model = VAE((8, 8, 1), latent_dim=2, hidden=(4,))
    with pytest.raises(ValueError, match=r"\[\.\.\., n, \d+\]. Received: shape \(3, 99\)"):
        model.decode(np.zeros((3, 99), np.float32))
    with pytest.raises(ValueError, match=r"one stochastic layer.*\(4, 3\)"):
        VAE((8, 8, 1), latent_dim=(4, 3))
    with pytest.raises(ValueError, match=r"sequence of one or more. Received: 200"):
        VAE((8, 8, 1), hidden=200)


def test_predict_takes_the_labels_of_a_conditional_model_apart_or_in_a_data_set():
    model = VAE((8, 8, 1), latent_dim=2, hidden=(4,), num_classes=3)
    model.compile(run_eagerly=True)
    images = np.random.default_rng(0).random((4, 8, 8, 1), dtype=np.float32)
    labels = np.array([0, 1, 2, 0])
    expected = model.reconstruct(images, labels=labels)
    np.testing.assert_allclose(model.predict((images, labels), verbose=0), expected, rtol=1e-6)
    pairs = tf.data.Dataset.from_tensor_slices((images, labels)).batch(2)
    np.testing.assert_allclose(model.predict(pairs, verbose=0), expected, rtol=1e-5)  # other shapes, other rounding
    with pytest.raises(ValueError, match=r"labels are missing.*predict\(\(images, labels\)\)"):
        model.predict(images, verbose=0)
