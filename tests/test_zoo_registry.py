"""The registry: the static table is the registered classes, and needs no TensorFlow."""

import json
import subprocess
import sys

import pytest
import unizoo
from unizoo.zoo.hub import registry
from unizoo.zoo.hub.models import MODELS

LIGHT = """
import json, sys
import unizoo
listed = [unizoo.list_models(), unizoo.list_presets()]
print(json.dumps([listed, [name for name in ("tensorflow", "keras", "numpy", "h5py") if name in sys.modules]]))
"""


def test_listing_imports_neither_tensorflow_nor_keras_nor_numpy():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, timeout=60, check=True)
    listed, heavy = json.loads(done.stdout)
    assert heavy == []
    assert listed == [unizoo.list_models(), unizoo.list_presets()]


def test_the_table_is_the_registered_classes():
    for name, entry in MODELS.items():
        cls = registry.model_class(name)
        assert cls.__name__ == entry.class_name
        assert registry.model_name(registry.make_model(name)) == name
        assert entry.summary
    ours = {cls.__name__ for cls in registry._REGISTERED.values() if cls.__module__.startswith("unizoo.")}
    assert ours == {entry.class_name for entry in MODELS.values()}


def test_models_and_presets_are_listed_by_pattern():
    assert unizoo.list_models() == sorted(unizoo.list_models())
    gans = unizoo.list_models("*gan")
    assert gans == [name for name in unizoo.list_models() if name.endswith("gan")]
    assert {"gan", "iwcgan", "sngan"} <= set(gans)
    assert "classifier" not in unizoo.list_models()
    assert set(unizoo.list_presets("*mnist*")) <= set(unizoo.list_presets())


def test_an_unknown_model_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"Nearest: .*iwgan.*Received: 'iwgann'"):
        registry.model_class("iwgann")


def test_a_class_not_registered_has_no_name():
    with pytest.raises(ValueError, match="Received: dict"):
        registry.model_name({})


def test_a_class_of_ones_own_joins_the_registry():
    @registry.register
    class Mine(unizoo.zoo.VAE):
        """A model of a user's."""

    try:
        assert "mine" in unizoo.list_models()
        assert registry.model_class("mine") is Mine
        assert registry.model_name(Mine((4, 4, 1), latent_dim=2, hidden=(3,))) == "mine"
    finally:
        del registry._REGISTERED["mine"]


def test_recipes_name_models_of_the_table():
    assert {recipe.model for recipe in unizoo.zoo.RECIPES.values()} <= set(MODELS)
    assert set(unizoo.list_presets()) <= set(unizoo.zoo.RECIPES)
