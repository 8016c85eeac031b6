"""Every model: what is saved comes back, and training goes on from it as if it had never stopped."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo

BATCH = 4


def _state(model):
    """All that training changes: the weights, and the optimizers' own variables."""
    return [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]


def _assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def _answer(row, model):
    """What a model makes: samples, or of images translations or probabilities of classes."""
    if "generate" in row.methods:
        return model.sample(3, seed=1)
    return getattr(model, "translate" if "translate" in row.methods else "classify")(row.images(3))


def _fit(model, data, **kwargs):
    model.fit(*data, batch_size=BATCH, shuffle=False, verbose=0, **kwargs)


@pytest.fixture(scope="session")
def interrupted(row, tmp_path_factory):
    """A model saved in every form after one epoch, and its state after one and after two epochs."""
    folder, data = tmp_path_factory.mktemp(row.name), row.data(3 * BATCH)
    model = row.make()
    model.compile(run_eagerly=True)  # a graph would take longer to trace than these few steps
    backup = keras.callbacks.BackupAndRestore(folder / "backup", delete_checkpoint=False)
    _fit(model, data, callbacks=[backup])
    first = _state(model)
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    checkpoint = tf.train.Checkpoint(model=model).write(folder / "checkpoint")
    model.save_to_preset(folder / "preset")
    answer = _answer(row, model)
    _fit(model, data)
    return SimpleNamespace(
        folder=folder, data=data, first=first, second=_state(model), checkpoint=checkpoint, answer=answer
    )


def _from_keras_file(row, interrupted):
    return keras.saving.load_model(interrupted.folder / "model.keras")


def _from_checkpoint(row, interrupted):
    model = row.make(seed=0)
    model.compile(run_eagerly=True)
    tf.train.Checkpoint(model=model).read(interrupted.checkpoint).assert_consumed()
    return model


@pytest.mark.parametrize("load", [_from_keras_file, _from_checkpoint])
def test_a_saved_model_trains_on_exactly(row, interrupted, load):
    model = load(row, interrupted)
    assert type(model) is type(row.make())
    assert model.compiled
    _assert_same(_state(model), interrupted.first)
    _fit(model, interrupted.data)
    _assert_same(_state(model), interrupted.second)


def test_a_weights_file_restores_the_optimizers_of_a_compiled_model(row, interrupted):
    model = row.make(seed=0)
    model.compile()
    model.load_weights(interrupted.folder / "model.weights.h5")
    _assert_same(_state(model), interrupted.first)


def test_a_weights_file_restores_the_networks_of_a_model_not_compiled(row, interrupted):
    model = row.make(seed=9)
    model.load_weights(interrupted.folder / "model.weights.h5")
    _assert_same(model.get_weights(), interrupted.first[: len(model.weights)])


def test_backup_and_restore_trains_on_exactly(row, interrupted):
    model = row.make(seed=0)
    model.compile(run_eagerly=True)
    backup = keras.callbacks.BackupAndRestore(interrupted.folder / "backup")
    _fit(model, interrupted.data, epochs=2, callbacks=[backup])
    assert model.history.epoch == [1]
    _assert_same(_state(model), interrupted.second)


def test_a_preset_has_every_network_and_can_be_fit_at_once(row, interrupted):
    model = unizoo.from_preset(interrupted.folder / "preset")
    _assert_same(model.get_weights(), interrupted.first[: len(model.weights)])
    np.testing.assert_allclose(_answer(row, model), interrupted.answer, atol=1e-6)
    model.compile(run_eagerly=True)
    _fit(model, interrupted.data)


def test_a_preset_in_half_precision_is_within_its_rounding(row, tmp_path):
    model = row.make_lively()
    unizoo.save_to_preset(model, tmp_path / "half", half=True)
    loaded = unizoo.from_preset(tmp_path / "half", compile=False)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        assert b.dtype == np.float32
        np.testing.assert_allclose(b, a, rtol=2**-11, atol=2**-25)
    np.testing.assert_allclose(_answer(row, loaded), _answer(row, model), atol=5e-3)


def test_a_model_not_compiled_saves_and_loads(row, tmp_path):
    model = row.make()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    _assert_same(loaded.get_weights(), model.get_weights())
