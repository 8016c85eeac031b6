"""What `compile` sets up for the phases of real models, and what happens when the model changes afterwards."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import Batch

KO = keras.optimizers
EVERYTHING = {
    "learning_rate": KO.schedules.ExponentialDecay(0.01, 2, 0.5),
    "gradient_accumulation_steps": 2,
    "use_ema": True,
    "ema_overwrite_frequency": 2,
    "global_clipnorm": 1.0,
    "weight_decay": 0.01,
}


def _row(rows, name):
    return next(row for row in rows if row.name == name)


@pytest.mark.parametrize("name", ["vae", "gan_moving_average", "cyclegan"])
def test_an_optimizer_with_every_argument_trains_a_model_of_each_kind(rows, name):
    row = _row(rows, name)
    model = row.make_lively()
    model.compile(KO.Adam(**EVERYTHING), run_eagerly=name == "cyclegan")  # whose graph takes long to trace
    before = model.get_weights()
    history = model.fit(*row.data(4), batch_size=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    changed = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.mean(changed) > 0.9


def _parts(structure, number):
    """A structure of tensors, cut along the axis of the examples."""
    leaves = [tf.split(leaf, number, axis=0) for leaf in tf.nest.flatten(structure)]
    return [tf.nest.pack_sequence_as(structure, parts) for parts in zip(*leaves, strict=True)]


def _without_batch_statistics():
    """Arguments of a GAN in whose networks no image of a batch matters to another."""
    seeds = [keras.initializers.GlorotUniform(seed) for seed in range(2)]
    generator = [keras.layers.Dense(100, "sigmoid", kernel_initializer=seeds[0]), keras.layers.Reshape((10, 10, 1))]
    discriminator = [keras.layers.Flatten(), keras.layers.Dense(1, kernel_initializer=seeds[1])]
    return {
        "generator_network": keras.Sequential([keras.Input((3,)), *generator]),
        "discriminator_network": keras.Sequential([keras.Input((10, 10, 1)), *discriminator]),
        "moving_average": 0.9,
    }


@pytest.mark.parametrize(("name", "idle"), [("vae", None), ("gan", "discriminator"), ("gan", "generator")])
def test_accumulated_gradients_are_those_of_a_larger_batch(rows, name, idle):
    # Of two players the second answers the first one's move, which with accumulation it sees in the last batch alone.
    row, results = _row(rows, name), []
    for steps in (None, 4):
        model = row.make_lively(**({} if name == "vae" else _without_batch_statistics()))
        initial = model.get_weights()
        rate = {phase.name: 0.0 if phase.name == idle else 0.1 for phase in model.phases}
        model.compile(
            {name: KO.SGD(one, gradient_accumulation_steps=steps) for name, one in rate.items()}, run_eagerly=True
        )
        number = steps or 1
        noise = _parts(row.noise(model, 8), number)
        for images, its_noise in zip(np.split(row.images(8), number), noise, strict=True):
            model.update(Batch(images), noise=its_noise)
        results.append(model.get_weights())
    for whole, accumulated in zip(*results, strict=True):
        np.testing.assert_allclose(accumulated, whole, rtol=1e-4, atol=1e-6)
    assert any((a != b).any() for a, b in zip(initial, results[0], strict=True))


def test_each_batch_draws_noise_of_its_own_while_gradients_accumulate(rows):
    row = _row(rows, "vae")
    model = row.make_lively()
    model.compile(KO.SGD(0.0, gradient_accumulation_steps=4), run_eagerly=True)
    losses = []
    for _ in range(3):
        model.reset_metrics()
        losses.append(float(model.update(row.batch(4))["loss"]))
    assert len(set(losses)) == 3


def test_averaged_weights_are_in_place_when_training_ends(rows):
    row, seen = _row(rows, "vae"), []
    model = row.make_lively()
    model.compile(KO.Adam(0.1, use_ema=True, ema_momentum=0.5), run_eagerly=True)
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()),
        on_train_end=lambda logs: seen.append(model.get_weights()),
    )
    model.fit(*row.data(8), batch_size=4, callbacks=[look], verbose=0)
    last, final = seen
    assert all((a != b).any() for a, b in zip(last, final, strict=True))
    for a, b in zip(final, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.fit(*row.data(8), batch_size=4, epochs=0, verbose=0)


def test_epochs_that_are_done_already_leave_the_weights_alone(rows):
    row = _row(rows, "vae")
    model = row.make_lively()
    model.compile(KO.Adam(use_ema=True), run_eagerly=True)
    before = model.get_weights()
    model.fit(*row.data(4), batch_size=4, epochs=2, initial_epoch=2, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_layer_thawed_after_compile_asks_for_another(rows):
    row = _row(rows, "vae")
    model = row.make()
    model.encoder.trainable = False
    model.compile(run_eagerly=True)
    model.fit(*row.data(4), verbose=0)
    model.encoder.trainable = True
    for train in (lambda: model.fit(*row.data(4), verbose=0), lambda: model.train_on_batch(*row.data(4))):
        with pytest.raises(ValueError, match=r"compile the model again\. Received: trainable .*kernel"):
            train()
    model.compile(run_eagerly=True)
    before = model.encoder.get_weights()
    model.fit(*row.data(4), verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.encoder.get_weights(), strict=True))


def test_a_layer_frozen_between_two_fits_stays_as_it_is(rows):
    row = _row(rows, "vae")
    model = row.make()
    model.compile()
    model.fit(*row.data(4), verbose=0)
    model.encoder.trainable = False
    before, others = model.encoder.get_weights(), model.decoder.get_weights()
    model.fit(*row.data(4), verbose=0)
    for a, b in zip(before, model.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(others, model.decoder.get_weights(), strict=True))


def test_kerass_legacy_format_is_refused_in_a_sentence(rows, tmp_path):
    row = _row(rows, "vae")
    model = row.make()
    for compiled in (False, True):
        if compiled:
            model.compile()
        with pytest.raises(ValueError, match=r"\.keras .*Received: filepath='.*model\.h5'"):
            model.save(tmp_path / "model.h5")
    every_epoch = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.h5")
    with pytest.raises(ValueError, match=r"ends in \.keras"):
        model.fit(*row.data(4), callbacks=every_epoch, verbose=0)
    assert not list(tmp_path.iterdir())
    with pytest.raises(NotImplementedError, match=r"ends in \.keras"):
        keras.saving.save_model(model, tmp_path / "model.h5")
    model.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").compiled
