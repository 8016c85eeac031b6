"""Run a recipe: the stages one after another, each resumable, each choosing its best epoch on the validation split."""

import dataclasses
import json
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

from .. import data
from ..evaluation import QualityMonitor
from ..training import FitProgress, RunCheckpoint, TensorBoard
from ..training.checkpoint import write_text
from ..training.strategies import worker_number
from ..zoo.hub.presets import data_names, read_metadata
from ..zoo.hub.registry import from_preset, make_model


def run_recipe(
    recipe,
    directory,
    *,
    start=None,
    callbacks=(),
    tensorboard=None,
    verbose="auto",
    progress=None,
    report=None,
    strategy=None,
):
    """Train a recipe's model, or go on from where an interrupted run in the same folder stopped.

    Args:
        recipe: a `zoo.recipes.Recipe`.
        directory: the run's folder, for checkpoints; one run each.
        start: a preset of the same configuration whose weights the first stage starts from, with discriminators that
            start afresh if its data were others (see `restart_discriminator`); None for fresh ones.
        callbacks: further Keras callbacks, called before the checkpoint is written (they may add to the logs).
        tensorboard: folder for TensorBoard's logs, or None.
        verbose: as for `keras.Model.fit`.
        progress: called as `progress(stage, done, total)` while training, in steps.
        report: called with a line of text after each epoch, and where a run goes on or ends early.
        strategy: of tf.distribute, as `training.strategy` makes it; None for the one in scope. Of several processes
            all run the recipe on the same folder; the chief alone writes and reports.

    Returns:
        The model of the last stage with its best weights, and the list of the stages' states (see `RunCheckpoint`).

    Raises:
        ValueError: if the folder holds a run of another recipe or start (stages may have become longer, and early
            stopping another), or one that is going on; or if nothing says which epoch is best, and it stops early.
    """
    directory = Path(directory)
    strategy = strategy or tf.distribute.get_strategy()
    if worker_number(strategy):
        return _run_stages(recipe, directory, start, callbacks, None, 0, None, None, strategy)
    _claim(directory, recipe, start)
    with _alone(directory):
        return _run_stages(recipe, directory, start, callbacks, tensorboard, verbose, progress, report, strategy)


@contextmanager
def _alone(directory):
    """Hold a run's folder, in which a second process must not write at the same time."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        yield
        return
    with (directory / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(
                f"Another process trains there at this moment: choose another output. Received: {directory}"
            ) from None
        yield


def _run_stages(recipe, directory, start, callbacks, tensorboard, verbose, progress, report, strategy):
    callbacks = [*_monitors(recipe), *callbacks]
    say = report or (print if verbose else lambda line: None)
    model, states = None if start is None else from_preset(start, compile=False), []
    for index, stage in enumerate(recipe.stages):
        previous = model
        keras.utils.set_random_seed(recipe.seed)
        with strategy.scope():
            model = make_model(recipe.model, **{**recipe.config, **stage.model, "seed": recipe.seed + index})
        if previous is not None:
            model.set_weights(previous.get_weights())
        if start is not None and not index and _is_of_other_data(start, recipe) and hasattr(model, "phases"):
            model.restart_discriminator()
        if tensorboard and not index and hasattr(model, "phases"):
            callbacks.append(_tensorboard(recipe, tensorboard))
        checkpoint = RunCheckpoint(
            directory / f"stage_{index}", recipe.monitor, recipe.mode, patience=recipe.early_stopping
        )
        with strategy.scope():
            _compile(model, recipe, stage)
        if done := checkpoint.resume(model):
            say(f"{checkpoint.directory}: {done} of {stage.epochs} epochs are done; going on from there")
        if done < stage.epochs and not checkpoint.out_of_patience:
            name = "training" if len(recipe.stages) == 1 else f"stage {index + 1} of {len(recipe.stages)}"
            model.fit(
                training_data(recipe, stage_index=index, initial_epoch=done),
                validation_data=validation_data(recipe) if (recipe.monitor or "").startswith("val_") else None,
                initial_epoch=done,
                epochs=stage.epochs,
                callbacks=[*callbacks, FitProgress(progress, report, name), checkpoint],
                shuffle=False,
                verbose=verbose,
            )
        if (epoch := checkpoint.state["epoch"]) < stage.epochs:
            best = checkpoint.state["best_epoch"]
            say(f"stopped after epoch {epoch} of {stage.epochs}: none since epoch {best} was better")
        model = type(model).from_config(model.get_config())  # without optimizers
        model.load_weights(checkpoint.best)
        states.append(checkpoint.state)
    return model, states


def _is_of_other_data(start, recipe):
    """Whether a preset was trained on other data than a recipe's."""
    return data_names(read_metadata(start).get("recipe", {})) != data_names(dataclasses.asdict(recipe))


def _claim(directory, recipe, start):
    """Note in a run's folder what is trained there, `run.json`; refuse one in which something else was."""
    path = directory / "run.json"
    run = {**dataclasses.asdict(recipe), "start": None if start is None else str(start)}
    run = json.loads(json.dumps(run))
    if path.exists():
        former = json.loads(path.read_text(encoding="utf-8"))
        for one in (*run["stages"], *former["stages"]):
            del one["epochs"]
        for one in (run, former):
            one.pop("early_stopping", None)
        if changed := sorted(key for key in run.keys() | former.keys() if run.get(key) != former.get(key)):
            raise ValueError(
                f"{directory} holds the checkpoints of another run, which differs in {', '.join(changed)}: choose "
                f"another output, or delete that folder. Received: {changed[0]}={run.get(changed[0])!r}, there "
                f"{former.get(changed[0])!r}"
            )
        return
    directory.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(run, indent=1))


def _tensorboard(recipe, folder):
    """The callback, with images to be reconstructed; models of two domains reconstruct none."""
    if recipe.second_data is not None:
        return TensorBoard(folder)
    batch = next(iter(validation_data(recipe).take(1).as_numpy_iterator()))
    images, labels = batch if recipe.labels else (batch, None)
    return TensorBoard(folder, images[:16], labels=None if labels is None else labels[:16])


def _compile(model, recipe, stage):
    if recipe.optimizers:
        model.compile(stage_optimizers(recipe, stage, model.phases))
        return
    model.compile()
    if stage.learning_rate is not None and not hasattr(model, "phases"):  # a classifier's own is a schedule
        model.compile(keras.optimizers.Adam(stage.learning_rate))
    elif stage.learning_rate is not None:
        model.optimizer.learning_rate = stage.learning_rate


def _monitors(recipe):
    """The callback that measures sample quality on the validation split, where that chooses the best epoch."""
    if recipe.monitor != "frechet_distance":
        return []
    images = data.load_arrays(recipe.data, "validation", validation=recipe.validation, **recipe.load).images
    return [QualityMonitor(from_preset(f"classifier_{recipe.data}", compile=False), images, seed=recipe.seed)]


def stage_optimizers(recipe, stage, phases):
    """The optimizers of a stage, a dict by phase; a phase that repeats takes its schedule's steps as much faster."""
    steps = stage.epochs * (train_size(recipe) // recipe.batch_size)
    repeats = {phase.name: phase.repeats for phase in phases}
    optimizers = {}
    for phase, (name, arguments) in recipe.optimizers.items():
        rate = stage.learning_rate
        if stage.final_learning_rate is not None:
            alpha = stage.final_learning_rate / stage.learning_rate
            rate = keras.optimizers.schedules.CosineDecay(rate, steps * repeats[phase], alpha=alpha)
        optimizers[phase] = getattr(keras.optimizers, name)(learning_rate=rate, **arguments)
    return optimizers


def train_size(recipe):
    """The number of training examples, of each domain if there are two, that an epoch has."""
    sets = [recipe.data] if recipe.second_data is None else [recipe.data, recipe.second_data]
    return min(len(data.load_arrays(one, "train", validation=recipe.validation, **recipe.load)) for one in sets)


def labels_used(recipe):
    """How many labels a semi-supervised run has used, by split: it learns from those of the one, and those of the other
    have a say in which epoch is kept.
    """
    splits = {
        split: data.load_arrays(recipe.data, split, validation=recipe.validation, **recipe.load)
        for split in ("train", "validation")
    }
    return {split: int((images.labels >= 0).sum()) for split, images in splits.items()}


def training_data(recipe, stage_index=0, initial_epoch=0):
    """The training batches of a stage, from an epoch on."""
    return _batches(recipe, "train", recipe.batch_size, recipe.seed + stage_index, initial_epoch=initial_epoch)


def validation_data(recipe):
    """The validation batches."""
    return _batches(recipe, "validation", 500, recipe.seed)


def _batches(recipe, split, batch_size, seed, **options):
    options |= {
        "batch_size": batch_size,
        "binarize": recipe.binarize,
        "labels": recipe.labels,
        "validation": recipe.validation,
        "seed": seed,
        **recipe.load,
    }
    if recipe.second_data is None:
        return data.load(recipe.data, split, **options)
    return data.unpaired(recipe.data, recipe.second_data, split, **options)
