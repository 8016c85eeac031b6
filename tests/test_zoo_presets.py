"""Presets: written whole or not at all, read with their checksum verified."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import unizoo
from unizoo.zoo import GAN, VAE
from unizoo.zoo.hub import presets


def _model(**changes):
    return VAE(**{"image_shape": (4, 4, 1), "latent_dim": 2, "hidden": (5,), **changes})


def _assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def saved(tmp_path):
    """A preset's folder."""
    return _model(seed=1).save_to_preset(tmp_path / "mine", {"licence": "Apache-2.0"})


def test_a_preset_holds_config_metadata_weights_and_card(saved):
    assert {path.name for path in saved.iterdir()} == {"config.json", "metadata.json", "model.weights.h5", "README.md"}
    metadata = json.loads((saved / "metadata.json").read_text())
    assert metadata["model"] == "vae"
    assert metadata["licence"] == "Apache-2.0"
    assert metadata["parameters"] == _model().count_params()
    assert metadata["sha256"] == presets.sha256(saved / "model.weights.h5")
    assert presets.read_metadata(saved) == metadata
    assert unizoo.card(saved).startswith("# mine")


def test_from_preset_gives_a_compiled_model_with_these_weights(saved):
    model = unizoo.from_preset(saved)
    assert model.compiled
    assert not unizoo.from_preset(str(saved), compile=False).compiled
    _assert_same_weights(model, _model(seed=1))


def test_networks_of_ones_own_come_back(tmp_path):
    layers = unizoo.layers
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(16, "sigmoid"), keras.layers.Reshape((4, 4, 1))]
    )
    discriminator = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    models = (
        _model(encoder_network=layers.mlp((4, 4, 1), (3,), "relu"), decoder_network=layers.mlp((2,), (3,), "relu")),
        GAN((4, 4, 1), 2, generator_network=generator, discriminator_network=discriminator, moving_average=0.9),
    )
    for model in models:
        loaded = unizoo.from_preset(model.save_to_preset(tmp_path / type(model).__name__))
        assert loaded.count_params() == model.count_params()
        _assert_same_weights(loaded, model)
        np.testing.assert_allclose(loaded.sample(2, seed=0), model.sample(2, seed=0), atol=1e-6)


def test_damaged_weights_are_refused(saved):
    weights = saved / "model.weights.h5"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged .*expected sha256 .*Received: "):
        unizoo.from_preset(saved)


def test_damaged_json_is_refused(saved):
    (saved / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not valid JSON"):
        unizoo.from_preset(saved)


def test_unknown_names_and_folders_are_refused(tmp_path):
    known = presets.preset_names()
    with pytest.raises(ValueError, match=rf"There is no preset.*{known[0]}.*Received: '{known[0]}x'"):
        unizoo.from_preset(known[0] + "x")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        unizoo.from_preset(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"lacks config.json, metadata.json, model.weights.h5"):
        unizoo.from_preset(tmp_path)
    with pytest.raises((ValueError, ImportError), match="Received: 'hf://nobody'"):
        unizoo.from_preset("hf://nobody")


def test_a_folder_that_is_no_preset_is_left_alone(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="left alone"):
        _model().save_to_preset(folder)
    assert [path.name for path in folder.iterdir()] == ["one.jpg"]


def test_saving_again_replaces_the_preset(saved):
    _model(seed=2).save_to_preset(saved)
    _assert_same_weights(unizoo.from_preset(saved), _model(seed=2))
    assert [path.name for path in saved.parent.iterdir()] == ["mine"]


def test_a_failure_while_writing_leaves_the_old_preset(saved):
    with pytest.raises(TypeError, match="not JSON serializable"):
        _model(seed=2).save_to_preset(saved, {"licence": object()})
    _assert_same_weights(unizoo.from_preset(saved), _model(seed=1))
    assert [path.name for path in saved.parent.iterdir()] == ["mine"]


def test_a_failure_at_the_last_rename_leaves_the_old_preset(saved, monkeypatch):
    rename = Path.rename

    def fails_once_the_old_one_is_away(self, target):
        if Path(target) == saved and "-old-" not in self.name:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_once_the_old_one_is_away)
    with pytest.raises(OSError, match="disk full"):
        _model(seed=2).save_to_preset(saved)
    _assert_same_weights(unizoo.from_preset(saved), _model(seed=1))
    assert [path.name for path in saved.parent.iterdir()] == ["mine"]


def test_half_precision_takes_half_the_space(tmp_path):
    model = VAE((16, 16, 1), latent_dim=8, hidden=(400,))
    full, half = (unizoo.save_to_preset(model, tmp_path / name, half=name == "half") for name in ("full", "half"))
    sizes = [(folder / "model.weights.h5").stat().st_size for folder in (full, half)]
    assert sizes[1] < 0.6 * sizes[0]


@pytest.mark.parametrize("name", presets.preset_names())
def test_the_built_in_presets_load(name):
    model = unizoo.from_preset(name, compile=False)
    assert model.count_params() == presets.read_metadata(name)["parameters"]
    assert unizoo.card(name).startswith("# ")
