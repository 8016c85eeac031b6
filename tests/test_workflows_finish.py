"""What is trained becomes a preset with its figures: measured in hand, in bounds, and named as what it is."""

import dataclasses

import numpy as np
import pytest
import unizoo
from unizoo import evaluation
from unizoo.workflows import finish as finishing
from unizoo.workflows.card import figures_table, figures_text
from unizoo.workflows.train import fine_tune, train_model, train_preset
from unizoo.zoo.hub import presets
from unizoo.zoo.hub.recipes import RECIPES, Recipe, Stage, is_recipe_of
from unizoo.zoo.hub.registry import make_model, preset_summary

pytestmark = pytest.mark.usefixtures("untrained")

CONFIG = {"latent_dim": 2, "hidden": (8,)}
RECIPE = Recipe(
    model="vae",
    config={"image_shape": (8, 8, 1), **CONFIG},
    data="digits",
    binarize="dynamic",
    optimizers={"autoencoder": ("Adam", {})},
    stages=(Stage(epochs=1, learning_rate=1e-2),),
    validation=200,
)


@pytest.fixture
def recipe(monkeypatch):
    """A tiny recipe of the name "vae_digits"."""
    monkeypatch.setitem(RECIPES, "vae_digits", RECIPE)
    return RECIPE


@pytest.fixture
def asked(monkeypatch):
    """What `evaluate` was asked for, in the place of its figures."""
    calls = []

    def spy(model, dataset, split, **options):
        calls.append({"data": dataset, "split": split, **options})
        return {"data": dataset, "split": split}

    monkeypatch.setattr(evaluation, "evaluate", spy)
    return calls


def _own(folder, model="vae", **options):
    config = CONFIG if model == "vae" else {"width": 2, "num_features": 4}
    return train_model(model, "digits", folder, epochs=1, size=8, config=config, **options)


def test_ones_own_data_are_measured_within_bounds_and_presets_in_full(tmp_path, asked, recipe, monkeypatch):
    _own(tmp_path / "a")
    assert asked[-1]["num_images"] == 1000
    assert asked[-1]["num_importance_samples"] == 5000
    assert asked[-1]["seconds"] == 90  # as long as the training took
    monkeypatch.setattr(finishing, "OWN_SECONDS", 100.0)
    _own(tmp_path / "b")
    assert asked[-1]["seconds"] == 100
    _own(tmp_path / "c", "classifier")
    assert asked[-1]["num_images"] is None
    train_preset("vae_digits", tmp_path / "d")
    assert asked[-1]["num_images"] is None
    assert asked[-1]["num_importance_samples"] == 5000
    assert "seconds" not in asked[-1]


def test_every_kind_of_training_may_ask_for_other_bounds_or_for_none(tmp_path, asked, recipe):
    words = {"num_images": 7, "num_importance_samples": 3}
    _own(tmp_path / "vae", **words)
    fine_tune(tmp_path / "vae", "digits", tmp_path / "tuned", epochs=1, **words)
    train_preset("vae_digits", tmp_path / "preset", **words)
    assert len(asked) == 3
    for one in asked:
        assert {key: one[key] for key in words} == words
        assert "seconds" not in one
    metadata = _own(tmp_path / "other", evaluate=False)
    assert len(asked) == 3
    assert metadata["metrics"] == {}
    assert "None were measured" in unizoo.card(tmp_path / "other")


def test_figures_are_those_of_what_was_saved(tmp_path, recipe):
    words = {"num_images": 30, "num_importance_samples": 10}
    for metadata in (
        _own(tmp_path / "own", **words),
        train_preset("vae_digits", tmp_path / "preset", **words),
    ):
        folder = tmp_path / ("own" if metadata["name"] == "own" else "preset")
        saved = unizoo.from_preset(folder, compile=False)
        again = evaluation.evaluate(saved, "digits", **words)
        assert again["likelihood"] == metadata["metrics"]["likelihood"]
    half = [np.asarray(one) for one in saved.get_weights()]
    assert all((one == one.astype(np.float16)).all() for one in half)  # and a preset's weights are stored in half


def test_a_model_is_not_read_from_disk_again(tmp_path, monkeypatch):
    def refuse(preset):
        raise AssertionError(f"{preset} was read")

    monkeypatch.setattr(presets, "read_preset", refuse)
    metadata = _own(tmp_path / "vae", num_images=30, num_importance_samples=5)
    assert metadata["metrics"]["likelihood"]["num_images"] == 30
    assert "latent_dim = 2" in unizoo.card(tmp_path / "vae")


def test_a_run_named_as_a_preset_is_not_taken_for_it(tmp_path, recipe, asked):
    own = _own(tmp_path / "vae_digits")
    text = unizoo.card(tmp_path / "vae_digits")
    assert own["licence"] is None
    assert f'from_preset("{(tmp_path / "vae_digits").as_posix()}")' in text
    assert "Repeat it" not in text
    repeated = train_preset("vae_digits", tmp_path / "preset", seed=3)
    assert repeated["licence"] == "Apache-2.0"
    assert "unizoo train vae_digits --seed 3" in unizoo.card(tmp_path / "preset")
    assert f'from_preset("{(tmp_path / "preset").as_posix()}")' in unizoo.card(tmp_path / "preset")


def test_a_recipe_is_known_by_all_but_its_seed(recipe):
    plain = {**dataclasses.asdict(recipe), "config": {"image_shape": [8, 8, 1], "latent_dim": 2, "hidden": [8]}}
    plain |= {"optimizers": {"autoencoder": ["Adam", {}]}, "stages": [dataclasses.asdict(recipe.stages[0])]}
    assert is_recipe_of("vae_digits", {**plain, "seed": 4})
    assert not is_recipe_of("vae_digits", {**plain, "batch_size": 7})
    assert not is_recipe_of("vae_digit", plain)


LIKELIHOOD = {
    "nll": -12.5,
    "nll_standard_error": 0.25,
    "measure": "density",
    "observation": "normal likelihood",
    "num_images": 1000,
    "num_importance_samples": 200,
}
RESEMBLANCE = {
    **{"judge": "random convolutional features", "num_features": 32, "num_samples": 700, "num_reference": 700},
    **{"frechet_distance": 1.25, "kernel_distance": 0.5, "kernel_distance_sd": 0.125, "precision": 0.5, "recall": 0.25},
}
REAL = {"frechet_distance": 0.75, "kernel_distance": 0.0, "kernel_distance_sd": 0.25, "precision": 0.7, "recall": 0.8}


def test_the_card_says_that_a_density_is_no_probability():
    text = figures_table({"split": "test", "likelihood": LIKELIHOOD})
    assert "| negative log-density | -12.50 ± 0.25 nats an image (1,000 test images, 200 importance samples" in text
    assert "not a probability mass" in text
    mass = {**LIKELIHOOD, "measure": "probability", "nll": 12.5}
    text = figures_table({"split": "test", "likelihood": mass})
    assert "| negative log-likelihood | 12.50 ± 0.25 nats" in text
    assert "density" not in text
    one = {**LIKELIHOOD, "num_images": 1, "nll_standard_error": None}
    assert "-12.50 nats an image (1 test images" in figures_text({"split": "test", "likelihood": one})


def test_the_card_names_the_judge_and_what_real_images_measure():
    text = figures_table({"split": "test", "resemblance": {**RESEMBLANCE, "num_train": 700}})
    assert "| FD (random conv features) | 1.250 (700 samples, 700 test images) |" in text
    assert "not with published ones" in text
    real = {f"reference_{name}": one for name, one in REAL.items()}
    text = figures_table({"split": "test", "resemblance": {**RESEMBLANCE, **real}})
    assert "| FD (random conv features) | 1.250; of training images 0.750 (" in text
    assert "0.500 ± 0.125; of training images 0.000 ± 0.250 (" in text
    assert "0.50, 0.25; of training images 0.70, 0.80 (" in text


def test_the_summary_names_density_and_judge_as_well(tmp_path):
    metrics = {"split": "test", "likelihood": LIKELIHOOD, "resemblance": RESEMBLANCE}
    make_model("vae", image_shape=(8, 8, 1), **CONFIG).save_to_preset(tmp_path / "x", {"metrics": metrics})
    text = preset_summary(tmp_path / "x")
    assert "negative log-density -12.50 nats (1,000 images" in text
    assert "FD (random conv features) 1.250 (700 samples)" in text
