"""What the VAE's other likelihoods change."""

import numpy as np
import pytest


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
