"""Every model: Keras's `fit` with every kind of data and callback, its logs, and its refusals."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import DivergenceError


def _eager(row, **changes):
    model = row.make(**changes)
    model.compile(run_eagerly=True)
    return model


def _monitor(model):
    return f"val_{model.term_names[0]}"


def test_nothing_to_train_on_is_refused(row):
    model = _eager(row)
    for nothing, received in ((None, "None"), ([], "an empty list"), ((), "an empty tuple")):
        with pytest.raises(ValueError, match=f"There are no images: .*Received: {received}"):
            model.fit(nothing)


def test_images_and_labels_come_as_two_arguments_or_as_a_pair(row):
    images, *labels = row.data(4)
    if not labels:
        pytest.skip(f"{row.name} takes no labels")
    histories = []
    for arguments in ((images, *labels), ((images, *labels),), (images, *(list(one) for one in labels))):
        model = _eager(row)
        histories.append(model.fit(*arguments, batch_size=4, shuffle=False, verbose=0).history)
        model.evaluate(*arguments, batch_size=4, verbose=0)
    assert histories[0] == histories[1] == histories[2]


def test_fit_and_validation_log_every_term_and_callbacks_work(row, tmp_path):
    model, data = row.make(), row.data(8)
    model.compile(row.sgd(model, 0.1))
    monitor = _monitor(model)
    callbacks = [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        keras.callbacks.ReduceLROnPlateau(monitor, mode="min", factor=0.5, patience=0, min_delta=1e9),
        keras.callbacks.EarlyStopping(monitor, mode="min", patience=2, min_delta=1e9),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor=monitor, mode="min", save_best_only=True),
        keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.TensorBoard(tmp_path / "board"),
    ]
    history = model.fit(
        *data, batch_size=4, epochs=9, validation_data=row.batch(4), callbacks=callbacks, verbose=0
    ).history
    terms = {*model.term_names, *(f"val_{name}" for name in model.term_names)}
    assert terms <= set(history)
    assert np.isfinite([history[name] for name in terms]).all()
    assert len(history[monitor]) == 3  # EarlyStopping
    # The first epoch sets what is best; the plateau's half follows from the second on.
    rates = [float(one.learning_rate) for one in model.optimizer.optimizers]
    assert rates == pytest.approx([0.1 / 2**3 / 2**2] * len(rates))
    with (tmp_path / "log.csv").open(encoding="utf-8") as file:
        logged = list(csv.DictReader(file))
    assert len(logged) == 3
    assert terms <= set(logged[0])
    assert float(logged[-1][monitor]) == pytest.approx(history[monitor][-1], rel=1e-5)
    assert type(keras.saving.load_model(tmp_path / "best.keras")) is type(model)
    model.load_weights(tmp_path / "3.weights.h5")
    assert list((tmp_path / "board").rglob("events.*"))


def test_evaluate_is_deterministic_and_changes_nothing(row):
    model, data = _eager(row), row.data(6)
    before = model.get_weights()
    first = model.evaluate(*data, batch_size=4, verbose=0, return_dict=True)
    assert set(first) == set(model.term_names)
    assert model.evaluate(*data, batch_size=4, verbose=0, return_dict=True) == first
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_kind_of_data_trains_alike(row):
    images, labels = row.inputs(8), row.labels(8)
    conditional = labels is not None
    labels = labels if conditional else np.arange(8)
    dataset, each = tf.data.Dataset.from_tensor_slices, tf.nest.map_structure  # of two domains there are two images
    unknown = each(lambda _: tf.TensorSpec([None, None, None, None], tf.float32), images)
    halves = [each(lambda part, rows=rows: part[rows], (images, labels)) for rows in (slice(4), slice(4, 8))]
    kinds = {
        "arrays": (row.data(8), {}),
        "images, labels and weights": ((images, labels), {"sample_weight": np.ones(8, np.float32)}),
        "validation_split": (each(lambda a: np.concatenate([a, a]), row.data(8)), {"validation_split": 0.5}),
        "dataset of pairs": ((dataset((images, labels)).batch(4),), {}),
        "dataset of float64": ((dataset((each(np.float64, images), labels)).batch(4),), {}),
        "dataset of unknown shape": (
            (
                tf.data.Dataset.from_generator(
                    lambda: iter(halves), output_signature=(unknown, tf.TensorSpec([None], labels.dtype))
                ).apply(tf.data.experimental.assert_cardinality(2)),
            ),
            {},
        ),
    }
    if not conditional:
        kinds["dataset of images"] = (dataset((images,) if row.two_domains else images).batch(4),), {}
    results, model = {}, row.make()
    initial = model.get_weights()
    for kind, (data, options) in kinds.items():
        model.set_weights(initial)
        model.compile(run_eagerly=True)
        batches = {} if isinstance(data[0], tf.data.Dataset) else {"batch_size": 4, "shuffle": False}
        history = model.fit(*data, **batches, **options, verbose=0).history
        assert set(model.term_names) <= set(history), kind
        results[kind] = model.get_weights()
    for kind, weights in results.items():
        for a, b in zip(results["arrays"], weights, strict=True):
            np.testing.assert_allclose(b, a, atol=1e-6, err_msg=kind)


def test_a_diverging_run_stops_and_names_the_terms(row):
    model = _eager(row)
    model.phases[0].networks[0].trainable_weights[0].assign(
        model.phases[0].networks[0].trainable_weights[0] * float("nan")
    )
    first = model.term_names[0]
    with pytest.raises(DivergenceError, match=rf"Received: not finite: .*\b{first}\b"):
        model.fit(*row.data(4), batch_size=4, verbose=0)


def test_a_learning_rate_out_of_bounds_stops_the_run(row):
    model = row.make()
    model.compile(row.sgd(model, 1e38), run_eagerly=True)  # logistic units saturate at less
    with pytest.raises(DivergenceError, match="learning rate"):
        model.fit(*row.data(32), batch_size=4, verbose=0)


def test_diverged_weights_are_not_checkpointed(row, tmp_path):
    model = _eager(row)
    weight = model.phases[0].networks[0].trainable_weights[0]
    weight.assign(weight * float("nan"))
    every_batch = keras.callbacks.ModelCheckpoint(tmp_path / "last.weights.h5", save_weights_only=True, save_freq=1)
    with pytest.raises(DivergenceError):
        model.fit(*row.data(4), batch_size=4, callbacks=every_batch, verbose=0)
    assert not list(tmp_path.iterdir())


WRONG = {
    "shape": (lambda images: images[:, :-1], "the wrong shape", "float32"),
    "rank": (lambda images: images[..., 0], "the wrong shape", "float32"),
    "levels": (lambda images: (4095 * images).astype(np.uint16), "integers outside", "from 0 to 4095"),
    "range": (lambda images: 255 * images, "values outside", "from 0 to 255"),
    "negative": (lambda images: 2 * images - 1, "values outside", "from -1 to 1"),
    "nan": (lambda images: images * np.nan, "values .* not finite", "from nan to nan"),
}


@pytest.mark.parametrize(("spoil", "message", "received"), WRONG.values(), ids=WRONG)
def test_wrong_images_are_refused(row, spoil, message, received):
    model, (images, labels) = _eager(row), row.batch(4)
    wrong = (images[0], spoil(images[1])) if row.two_domains else spoil(images)
    pattern = rf"The images have {message}.*\[n, {row.image_shape[0]}, .*Received: shape=.*{received}$"
    with pytest.raises(ValueError, match=pattern):
        model.fit(wrong, labels, verbose=0)
    with pytest.raises(ValueError, match=pattern):
        model.fit(images, labels, validation_data=(wrong, labels), verbose=0)
    with pytest.raises(ValueError, match=pattern):
        model.evaluate(wrong, labels, verbose=0)


def test_a_dataset_of_wrong_images_is_refused(row):
    model, images = _eager(row), row.images(4)
    for spoilt in (images.astype(str), images[:, :-1]):
        wrong = ((images, spoilt),) if row.two_domains else spoilt
        with pytest.raises(ValueError, match=r"The images have the wrong .*Received"):
            model.fit(tf.data.Dataset.from_tensor_slices(wrong).batch(2), verbose=0)


def test_a_model_of_two_domains_takes_pairs(row):
    if not row.two_domains:
        pytest.skip(f"{row.name} has one domain")
    model, images = _eager(row), row.images(4)
    with pytest.raises(ValueError, match=r"two domains: expected a pair.*Received: ndarray of shape \(4, "):
        model.fit(images, verbose=0)
    with pytest.raises(ValueError, match=r"two domains: expected a pair.*Received: "):
        model.fit(tf.data.Dataset.from_tensor_slices(images).batch(2), verbose=0)


WRONG_LABELS = {
    "missing": (lambda labels: None, "labels are missing.*Received: None"),
    "shape": (lambda labels: labels[:, None, None], "labels have the wrong shape"),
    "dtype": (lambda labels: labels.astype(np.float32), "labels have the wrong dtype"),
    "range": (lambda labels: labels + 7, "labels are none of the classes.* from 7 to"),
    "negative": (lambda labels: labels - 2, "labels are none of the classes.* from -2"),
}


@pytest.mark.parametrize(("spoil", "message"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_wrong_labels_are_refused_by_a_conditional_model(row, spoil, message):
    model, (images, labels) = _eager(row), row.batch(4)
    if labels is None:
        model.fit(images, np.full(4, 99), verbose=0)  # not looked at
        return
    with pytest.raises(ValueError, match=message):
        model.fit(images, spoil(labels), verbose=0)
    with pytest.raises(ValueError, match=message):
        model.evaluate(images, spoil(labels), verbose=0)
