"""The TensorBoard callback: what a reader of its event files finds."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from unizoo import data, training
from unizoo.zoo.explain import explain

EVERYTHING = {"scalars": 0, "tensors": 0, "images": 0}


def _events(folder):
    events = EventAccumulator(str(folder), size_guidance=EVERYTHING)
    events.Reload()
    return events


def _scalars(events):
    """Dict from tags to their values, a list of (step, value)."""
    tags = [tag for tag in events.Tags()["tensors"] if events.SummaryMetadata(tag).plugin_data.plugin_name == "scalars"]
    return {
        tag: [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)] for tag in tags
    }


def _pictures(events, tag):
    """Dict from steps to pictures, [height, width] or [height, width, 3]."""
    pictures = {}
    for event in events.Tensors(tag):
        width, height, png = tf.make_ndarray(event.tensor_proto)
        with Image.open(io.BytesIO(png)) as picture:
            assert picture.size == (int(width), int(height))
            pictures[event.step] = np.asarray(picture)
    return pictures


def _row(rows, name):
    return next(row for row in rows if row.name == name)


def _fit(row, callback, epochs=1, n=8, validation=True, model=None, **arguments):
    model = model or row.make_lively()
    if not model.compiled:
        model.compile(arguments.pop("optimizer", "default"), run_eagerly=True)  # tracing would take most of the time
    validation_data = row.data(n, seed=1) if validation else None
    callbacks = [*arguments.pop("before", ()), callback]
    history = model.fit(
        *row.data(n),
        epochs=epochs,
        batch_size=n,
        verbose=0,
        callbacks=callbacks,
        validation_data=validation_data,
        **arguments,
    )
    return model, history.history


def test_every_term_of_every_phase_is_written(row, tmp_path):
    model, history = _fit(row, training.TensorBoard(tmp_path, num_samples=0), epochs=2)
    expected = {
        f"{phase.name}/{term}": name
        for phase in model.phases
        for term, name in [
            ("loss", "loss" if len(model.phases) == 1 else f"{phase.name}_loss"),
            *((term, term) for term in phase.terms),
        ]
    }
    train, validation = (_scalars(_events(tmp_path / part)) for part in ("train", "validation"))
    assert set(train) == {*expected, *(f"learning_rate/{phase.name}" for phase in model.phases)}
    assert set(validation) == set(expected)
    for tag, name in expected.items():
        assert train[tag] == [(1, pytest.approx(history[name][0])), (2, pytest.approx(history[name][1]))]
        assert validation[tag] == [(i + 1, pytest.approx(history[f"val_{name}"][i])) for i in range(2)]


def test_without_validation_data_there_is_no_validation_folder(rows, tmp_path):
    _fit(_row(rows, "vae"), training.TensorBoard(tmp_path), validation=False)
    assert [folder.name for folder in tmp_path.iterdir()] == ["train"]


def test_each_phase_has_its_own_learning_rate(rows, tmp_path):
    decay = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=1, decay_rate=0.5)
    optimizers = {"discriminator": keras.optimizers.Adam(1e-3), "generator": keras.optimizers.Adam(decay)}
    _fit(_row(rows, "gan"), training.TensorBoard(tmp_path, num_samples=0), epochs=2, optimizer=optimizers)
    scalars = _scalars(_events(tmp_path / "train"))
    assert scalars["learning_rate/discriminator"] == [(1, pytest.approx(1e-3)), (2, pytest.approx(1e-3))]
    assert scalars["learning_rate/generator"] == [(1, pytest.approx(0.005)), (2, pytest.approx(0.0025))]


def test_what_other_callbacks_log_is_there_and_their_learning_rate_not_twice(rows, tmp_path):
    class Quality(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["frechet_distance"] = 12.5

    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.25)
    _fit(_row(rows, "vae"), training.TensorBoard(tmp_path, num_samples=0), before=[Quality(), schedule])
    scalars = _scalars(_events(tmp_path / "train"))
    assert scalars["other/frechet_distance"] == [(1, 12.5)]
    assert scalars["learning_rate/autoencoder"] == [(1, 0.25)]
    assert [tag for tag in scalars if tag.startswith("other/")] == ["other/frechet_distance"]


@pytest.mark.parametrize("name", ["vae", "iwgan"])
def test_samples_come_from_the_same_codes(rows, name, tmp_path):
    row = _row(rows, name)
    callback = training.TensorBoard(tmp_path, images=row.images(3), num_samples=9, picture_every=2, seed=3)
    model, _ = _fit(row, callback, epochs=3, validation=False)
    events = _events(tmp_path / "train")
    pictures = _pictures(events, "samples")
    assert sorted(pictures) == [1, 3]
    assert not np.array_equal(pictures[1], pictures[3])  # the model has learnt in between
    expected = data.image_grid(model.sample(9, seed=3), scale=None)
    np.testing.assert_allclose(pictures[3], expected[..., 0] if expected.shape[-1] == 1 else expected, atol=1)
    assert ("reconstructions" in events.Tags()["tensors"]) == model.supports("reconstruct")


def test_reconstructions_stand_below_their_originals(rows, tmp_path):
    row = _row(rows, "vae")
    images = row.images(3, seed=5)
    model, _ = _fit(row, training.TensorBoard(tmp_path, images=images))
    (picture,) = _pictures(_events(tmp_path / "train"), "reconstructions").values()
    expected = data.labelled_grid({"original": images, "reconstruction": model.reconstruct(images)})
    np.testing.assert_allclose(picture, expected, atol=1)


def test_the_formulation_is_written_once_a_fit(rows, tmp_path):
    model, _ = _fit(_row(rows, "iwae"), training.TensorBoard(tmp_path, num_samples=0), epochs=3)
    events = _events(tmp_path / "train")
    (event,) = events.Tensors("formulation")
    assert event.step == 0
    assert events.SummaryMetadata("formulation").plugin_data.plugin_name == "text"
    assert explain(model) in tf.make_ndarray(event.tensor_proto).item().decode()


def test_a_second_fit_goes_on_and_a_resumed_one_keeps_its_epochs(rows, tmp_path):
    row, callback = _row(rows, "vae"), training.TensorBoard(tmp_path / "stages", num_samples=0)
    model, _ = _fit(row, callback, epochs=2)
    _fit(row, callback, epochs=2, model=model)
    _fit(row, callback, epochs=6, initial_epoch=4, model=model)
    steps = [step for step, _ in _scalars(_events(tmp_path / "stages" / "train"))["autoencoder/bound"]]
    assert steps == [1, 2, 3, 4, 5, 6]
    _fit(row, training.TensorBoard(tmp_path / "resumed", num_samples=0), epochs=4, initial_epoch=3, model=model)
    assert [step for step, _ in _scalars(_events(tmp_path / "resumed" / "train"))["autoencoder/bound"]] == [4]


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: num_samples=-1, picture_every=1"):
        training.TensorBoard(tmp_path, num_samples=-1)
    with pytest.raises(ValueError, match="Received: num_samples=64, picture_every=0"):
        training.TensorBoard(tmp_path, picture_every=0)


def test_wrong_images_are_refused_before_training(rows, tmp_path):
    with pytest.raises(ValueError, match=r"wrong shape.*Received: shape=\(2, 5, 5, 1\)"):
        _fit(_row(rows, "vae"), training.TensorBoard(tmp_path, images=np.zeros((2, 5, 5, 1), np.float32)))
    assert not list(tmp_path.iterdir())


def test_other_models_are_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="Received: Sequential"):
        model.fit(np.zeros((2, 2)), np.zeros(2), verbose=0, callbacks=[training.TensorBoard(tmp_path)])
