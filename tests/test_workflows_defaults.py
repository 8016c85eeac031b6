"""What nobody says is as in the recipe of a model's nearest preset."""

import json
import subprocess
import sys

import pytest
import unizoo
from unizoo.workflows.train import fine_tune, train_model
from unizoo.zoo.hub.defaults import DEFAULTS, default_batch_size, default_config, default_training
from unizoo.zoo.hub.models import MODELS
from unizoo.zoo.hub.recipes import RECIPES
from unizoo.zoo.hub.registry import make_model


def test_every_model_has_a_preset_to_take_them_from():
    assert set(DEFAULTS) == set(MODELS)
    assert DEFAULTS["iwae"] == "iwae_mnist_k50"  # the first of a model's
    assert RECIPES[DEFAULTS["ada"]].config.get("adaptation_weight") is None
    code = "import sys, unizoo.zoo.hub.defaults; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_said_counts_and_what_belongs_to_the_data_does_not():
    config = default_config("cgan", {"filters": 8})
    assert config == {"latent_dim": 100, "filters": 8, "instance_noise": 0.1, "moving_average": 0.999}
    assert default_config("no_model_of_ours", {"a": 1}) == {"a": 1}
    assert default_batch_size("cgan") == 64
    assert default_batch_size("no_model_of_ours") == 100


def test_widths_go_with_as_many_stochastic_layers():
    assert "hidden" not in default_config("iwae", {"latent_dim": (6, 4)})
    assert default_config("iwae", {"latent_dim": 6})["hidden"] == (400, 400)
    assert "hidden" not in default_config("wakesleep", {"latent_dim": 6})
    assert make_model("iwae", **default_config("iwae", {"image_shape": (4, 4, 1), "latent_dim": (6, 4)}))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_can_be_made_and_trained_by_them(name):
    size = (8, 8, 1)
    model = make_model(name, **default_config(name, {"image_shape": size}))
    training = default_training(name, model, epochs=3)
    assert training["optimizers"] == RECIPES[DEFAULTS[name]].optimizers
    (stage,) = training["stages"]
    assert stage.epochs == 3
    assert stage.learning_rate == RECIPES[DEFAULTS[name]].stages[0].learning_rate
    assert stage.final_learning_rate == pytest.approx(RECIPES[DEFAULTS[name]].stages[-1].final_learning_rate)


GAN = make_model("gan", image_shape=(8, 8, 1), filters=2)
VAE = make_model("vae", image_shape=(4, 4, 1), hidden=(3,))


def test_a_learning_rate_that_is_said_falls_by_as_much():
    (stage,) = default_training("gan", GAN, 2, learning_rate=2e-3)["stages"]
    assert (stage.learning_rate, stage.final_learning_rate) == (2e-3, pytest.approx(1e-4))


def test_a_model_keeps_its_own_optimizers_where_a_recipe_does_not_fit():
    normal = make_model("vae", image_shape=(4, 4, 1), hidden=(3,), likelihood="normal")
    for name, model in (("gan", VAE), ("vae", normal), ("no_model_of_ours", VAE)):
        other = default_training(name, model, 2, learning_rate=2e-3)
        assert other["optimizers"] == {}
        assert other["stages"][0].learning_rate == 2e-3
        assert other["stages"][0].final_learning_rate is None


def test_the_best_epoch_is_chosen_as_there_unless_a_classifier_chose_it():
    assert default_training("vae", VAE, 1)["monitor"] == "val_bound"
    assert "monitor" not in default_training("gan", GAN, 1)


@pytest.mark.usefixtures("untrained")
def test_a_model_from_scratch_is_its_recipe_and_the_card_says_whose(tmp_path):
    options = {"epochs": 1, "verbose": 0, "evaluate": False}
    metadata = train_model("cgan", "digits", tmp_path / "cgan", config={"filters": 2, "latent_dim": 3}, **options)
    recipe = metadata["recipe"]
    assert recipe["config"] == {
        **{"num_classes": 10, "image_shape": [8, 8, 1], "latent_dim": 3, "filters": 2},
        **{"instance_noise": 0.1, "moving_average": 0.999},
    }
    assert recipe["optimizers"]["generator"] == ["Adam", {"beta_1": 0.5}]
    assert (recipe["stages"][0]["learning_rate"], recipe["stages"][0]["final_learning_rate"]) == (1e-3, 5e-5)
    assert recipe["batch_size"] == 64
    assert metadata["defaults_from"] == "cgan_mnist"
    assert "| defaults | what was not said is as in the recipe of cgan_mnist |" in unizoo.card(tmp_path / "cgan")
    config = json.loads((tmp_path / "cgan" / "config.json").read_text())["config"]
    assert config["moving_average"] == 0.999
    tuned = fine_tune(tmp_path / "cgan", "digits", tmp_path / "tuned", batch_size=50, **options)
    assert tuned["recipe"]["batch_size"] == 50
    assert tuned["recipe"]["optimizers"] == recipe["optimizers"]
    assert tuned["recipe"]["config"]["filters"] == 2
