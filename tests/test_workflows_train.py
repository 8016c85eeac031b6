"""Recipes: each ends in a preset that loads, and an interrupted run resumes."""

import contextlib
import dataclasses
import json
import math

import keras
import numpy as np
import pytest
import unizoo
from unizoo import workflows
from unizoo.training import RunCheckpoint
from unizoo.workflows import train
from unizoo.workflows.card import model_card
from unizoo.workflows.finish import card_of
from unizoo.workflows.recipe import run_recipe, stage_optimizers
from unizoo.workflows.train import train_preset
from unizoo.zoo.hub.presets import read_metadata
from unizoo.zoo.hub.recipes import RECIPES, Recipe, Stage

CONFIG = {"image_shape": (8, 8, 1), "latent_dim": 3, "hidden": (8,), "num_samples": 2}
RECIPE = Recipe(
    model="iwae",
    config=CONFIG,
    data="digits",
    binarize="dynamic",
    optimizers={"autoencoder": ("Adam", {"epsilon": 1e-4})},
    stages=(
        Stage(epochs=2, learning_rate=1e-2, final_learning_rate=1e-3, model={"num_samples": 1}),
        Stage(epochs=3, learning_rate=1e-3),
    ),
    validation=200,
)


class Interrupt(keras.callbacks.Callback):
    """Ends the process's training as Control-C does, before an epoch of a stage."""

    def __init__(self, before):
        super().__init__()
        self.before = before

    def on_epoch_begin(self, epoch, logs=None):
        if self.model.num_samples == 2 and epoch == self.before:
            raise KeyboardInterrupt


def weights(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def test_interrupted_recipe_resumes_to_the_same_weights(tmp_path, capsys):
    whole, states = run_recipe(RECIPE, tmp_path / "whole", verbose=0)
    with pytest.raises(KeyboardInterrupt):
        run_recipe(RECIPE, tmp_path / "parts", callbacks=[Interrupt(2)], verbose=0)
    resumed, resumed_states = run_recipe(RECIPE, tmp_path / "parts", verbose=2)
    assert "stage_1: 2 of 3 epochs are done" in capsys.readouterr().out
    np.testing.assert_array_equal(weights(resumed), weights(whole))
    assert [s["history"] for s in resumed_states] == [s["history"] for s in states]
    assert [s["epoch"] for s in states] == [2, 3]


def test_a_folder_of_another_run_is_refused_but_a_longer_run_goes_on(tmp_path):
    short = dataclasses.replace(RECIPE, stages=(Stage(epochs=1, learning_rate=1e-3),))
    run_recipe(short, tmp_path, verbose=0)
    longer, states = run_recipe(
        dataclasses.replace(short, stages=(Stage(epochs=2, learning_rate=1e-3),)), tmp_path, verbose=0
    )
    assert [len(state["history"]["loss"]) for state in states] == [2]
    with pytest.raises(ValueError, match=r"another run, which differs in config: .*'latent_dim': 4.*there .*: 3"):
        run_recipe(dataclasses.replace(short, config={**CONFIG, "latent_dim": 4}), tmp_path, verbose=0)
    longer.save_to_preset(tmp_path / "start")
    with pytest.raises(ValueError, match=r"differs in start: .*Received: start='.*start', there None"):
        run_recipe(short, tmp_path, start=tmp_path / "start", verbose=0)


def test_a_folder_in_which_another_process_trains_is_refused(tmp_path):
    fcntl = pytest.importorskip("fcntl", reason="locks of files as POSIX has them")
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match=r"Another process trains there.*Received: .*"):
            run_recipe(RECIPE, tmp_path, verbose=0)
    assert run_recipe(dataclasses.replace(RECIPE, stages=RECIPE.stages[:1]), tmp_path / "other", verbose=0)


class Script(keras.callbacks.Callback):
    """Puts the values of a script in the place of the bound of the validation split."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_bound"] = (-60.0, -50.0, -55.0, -52.0, -40.0, -41.0)[epoch]


def test_a_run_stops_early_and_a_resumed_one_where_the_whole_one_does(tmp_path):
    stage = Stage(epochs=6, learning_rate=1e-3, model={"num_samples": 2})
    recipe = dataclasses.replace(RECIPE, stages=(stage,), early_stopping=2)
    lines = []

    def run(recipe, *more):
        return run_recipe(recipe, tmp_path, callbacks=[Script(), *more], verbose=0, report=lines.append)

    with pytest.raises(KeyboardInterrupt):
        run(recipe, Interrupt(3))
    for _ in range(2):  # the second time nothing is left to do
        ((_, (state,)), told) = run(recipe), lines[-1]
        assert (state["epoch"], state["best_epoch"]) == (4, 2)
        assert told == "stopped after epoch 4 of 6: none since epoch 2 was better"
    _, (state,) = run(dataclasses.replace(recipe, early_stopping=3))
    assert (state["epoch"], state["best_epoch"]) == (6, 5)
    assert not lines[-1].startswith("stopped")


@pytest.mark.parametrize("damage", ["cut", "a byte", "no state", "half a state"])
def test_a_damaged_checkpoint_is_passed_over_and_the_run_ends_as_one_that_was_not(damage, tmp_path):
    stage = Stage(epochs=4, learning_rate=1e-3, model={"num_samples": 2})
    recipe = dataclasses.replace(RECIPE, stages=(stage,))
    whole, _ = run_recipe(recipe, tmp_path / "whole", verbose=0)
    with pytest.raises(KeyboardInterrupt):
        run_recipe(recipe, tmp_path / "run", callbacks=[Interrupt(3)], verbose=0)
    folder = tmp_path / "run" / "stage_0"
    file, state = folder / "epoch_3.weights.h5", folder / "epoch_3.json"
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "a byte":
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif damage == "no state":
        state.unlink()
    else:
        state.write_bytes(state.read_bytes()[:20])
    lines = []
    warned = contextlib.nullcontext() if damage == "no state" else pytest.warns(UserWarning, match="epoch_3")
    with warned:
        again, _ = run_recipe(recipe, tmp_path / "run", verbose=0, report=lines.append)
    assert "2 of 4 epochs are done" in lines[0]
    np.testing.assert_array_equal(weights(again), weights(whole))


def test_the_last_checkpoints_and_the_best_are_kept(tmp_path):
    recipe = dataclasses.replace(RECIPE, stages=(Stage(epochs=5, learning_rate=1e-3),))
    run_recipe(recipe, tmp_path, callbacks=[Script()], verbose=0)
    names = {path.name for path in (tmp_path / "stage_0").iterdir()}
    assert names == {f"epoch_{n}.weights.h5" for n in (4, 5)} | {f"epoch_{n}.json" for n in (4, 5)}
    recipe = dataclasses.replace(recipe, stages=(Stage(epochs=4, learning_rate=1e-3),))
    run_recipe(recipe, tmp_path / "other", callbacks=[Script()], verbose=0)
    names = {path.name for path in (tmp_path / "other" / "stage_0").iterdir()}
    assert names == {f"epoch_{n}.weights.h5" for n in (2, 3, 4)} | {f"epoch_{n}.json" for n in (3, 4)}


def test_a_damaged_best_epoch_gives_way_to_the_next_one(tmp_path):
    recipe = dataclasses.replace(RECIPE, stages=(Stage(epochs=4, learning_rate=1e-3),))
    run_recipe(recipe, tmp_path, callbacks=[Script()], verbose=0)
    (tmp_path / "stage_0" / "epoch_2.weights.h5").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"best epoch are damaged.*epoch_2\.weights\.h5"):
        _, (state,) = run_recipe(recipe, tmp_path, callbacks=[Script()], verbose=0)
    assert state["best_epoch"] is None
    longer = dataclasses.replace(recipe, stages=(Stage(epochs=5, learning_rate=1e-3),))
    with pytest.warns(UserWarning, match="best epoch"):
        _, (state,) = run_recipe(longer, tmp_path, callbacks=[Script()], verbose=0)
    assert (state["best_epoch"], state["best"]) == (5, -40.0)


def test_early_stopping_needs_a_value_to_go_by(tmp_path):
    with pytest.raises(ValueError, match=r"the last one counts. Received: patience=2, monitor=None"):
        run_recipe(dataclasses.replace(RECIPE, monitor=None, early_stopping=2), tmp_path, verbose=0)


def test_best_epoch_is_the_best_of_the_validation_split(tmp_path):
    model, states = run_recipe(RECIPE, tmp_path, verbose=0)
    history = states[-1]["history"]["val_bound"]
    assert states[-1]["best"] == max(history)
    assert states[-1]["best_epoch"] == 1 + int(np.argmax(history))
    assert model.num_samples == 2


def test_a_phase_that_repeats_ends_its_schedule_with_the_others():
    recipe = Recipe(
        model="wgan_gp",
        config={"image_shape": (8, 8, 1), "latent_dim": 2, "filters": 2, "discriminator_steps": 3},
        data="digits",
        optimizers={"discriminator": ("Adam", {}), "generator": ("Adam", {})},
        stages=(),
        validation=200,
    )
    phases = unizoo.zoo.make_model("wgan_gp", **recipe.config).phases
    stage = Stage(epochs=2, learning_rate=1e-2, final_learning_rate=1e-4)
    optimizers = stage_optimizers(recipe, stage, phases)
    steps = {name: one._learning_rate.decay_steps for name, one in optimizers.items()}
    assert steps == {
        "discriminator": 2 * 13 * 3,
        "generator": 2 * 13,
    }  # epochs, 1,300 images in batches of 100, repeats


def test_checkpoint_names_a_value_that_is_not_logged(tmp_path):
    recipe = dataclasses.replace(RECIPE, monitor="val_bounds")
    with pytest.raises(ValueError, match=r"val_bounds is not logged.*val_bound"):
        run_recipe(recipe, tmp_path, verbose=0)
    with pytest.raises(ValueError, match="Received: mode='lowest'"):
        RunCheckpoint(tmp_path, "loss", "lowest")


def test_preset_of_a_recipe_has_figures_card_and_samples(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "iwae_digits", RECIPE)
    metadata = train_preset("iwae_digits", tmp_path / "iwae_digits", directory=tmp_path / "run", verbose=0)
    likelihood = metadata["metrics"]["likelihood"]
    assert likelihood["num_images"] == 297
    assert likelihood["num_importance_samples"] == 5000
    assert 5 < likelihood["nll"] < 64 * np.log(2)  # better than fair coins, no better than digits allow
    assert metadata["recipe"]["stages"][0]["model"] == {"num_samples": 1}
    model = unizoo.from_preset(tmp_path / "iwae_digits")
    assert model.sample(2, seed=0).shape == (2, 8, 8, 1)
    card = unizoo.card(tmp_path / "iwae_digits")
    assert f"{likelihood['nll']:.2f}" in card
    assert "5,000 importance samples" in card
    assert "unizoo train iwae_digits" in card
    assert (tmp_path / "iwae_digits" / "samples.png").read_bytes().startswith(b"\x89PNG")


def test_a_recipe_with_another_seed_has_a_run_of_its_own_and_its_card_says_so(tmp_path, monkeypatch):
    runs = []
    monkeypatch.setattr(train, "run_recipe", lambda *arguments, **options: runs.append(arguments) or (None, []))
    monkeypatch.setattr(train, "finish", lambda *arguments, **options: None)
    for seed in (None, 0, 3):
        train.train_preset("vae_mnist", tmp_path / "x", seed=seed)
    assert [(recipe.seed, directory.name) for recipe, directory in runs] == [
        (0, "vae_mnist"),
        (0, "vae_mnist"),
        (3, "vae_mnist_seed3"),
    ]
    metadata = read_metadata("vae_mnist")
    metadata["recipe"]["seed"] = 3
    assert "Repeat it: `unizoo train vae_mnist --seed 3`." in model_card("vae_mnist", metadata)


def test_unknown_recipe_gives_the_nearest(tmp_path):
    with pytest.raises(ValueError, match=r"iwae_mnist_k50.*Received: 'iwae_mnist_k5'"):
        train_preset("iwae_mnist_k5", tmp_path / "x")


def test_every_preset_with_a_recipe_says_the_recipe_it_was_trained_by():
    for name in unizoo.list_presets():
        trained = Recipe(**read_metadata(name)["recipe"])  # what recipes did not have then has its default
        assert _plain(trained) == _plain(RECIPES[name]), name


def test_every_card_says_what_the_code_says():
    for name in unizoo.list_presets():
        assert unizoo.card(name) == card_of(unizoo.from_preset(name, compile=False), read_metadata(name), name), (
            f"python benchmarks/tables.py writes the card of {name} again"
        )


def _plain(recipe):
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


@pytest.mark.parametrize("rate", [-1.0, 0.0, math.nan, math.inf])
def test_a_learning_rate_is_above_zero(rate):
    with pytest.raises(ValueError, match="learning_rate="):
        Stage(epochs=1, learning_rate=rate)


def test_tensorboard_logs_samples_and_reconstructions(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run_recipe(RECIPE, tmp_path / "run", tensorboard=tmp_path / "logs", verbose=0)
    events = EventAccumulator(str(tmp_path / "logs" / "train"), size_guidance={"tensors": 0})
    events.Reload()
    assert {"samples", "reconstructions", "autoencoder/kl"} <= set(events.Tags()["tensors"])


def test_workflows_are_importable_from_the_package():
    assert unizoo.workflows is workflows
