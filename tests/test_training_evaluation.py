"""`evaluate` and the validation of `fit`: noise of each batch's own, the same in every evaluation."""

import numpy as np
import pytest
import tensorflow as tf


def _row(rows, name):
    return next(row for row in rows if row.name == name)


def _evaluated(model, data, **options):
    return model.evaluate(*data, batch_size=4, verbose=0, return_dict=True, **options)


def _twice(data):
    """The same examples in two batches of four."""
    return tf.nest.map_structure(lambda part: np.concatenate([part, part]), data)


@pytest.mark.parametrize("name", ["vae", "iwae_two_layers", "gan", "svae", "wakesleep", "cyclegan"])
def test_two_equal_batches_of_an_evaluation_get_different_noise(rows, name):
    row = _row(rows, name)
    model = row.make_lively()
    model.compile(run_eagerly=True)
    data = row.data(4)
    one, two = _evaluated(model, data), _evaluated(model, _twice(data))
    losses = [name for name in model.term_names if name.endswith("loss")]
    assert all(one[name] != two[name] for name in losses)


@pytest.mark.parametrize("name", ["vae", "cvae"])
def test_every_way_to_evaluate_gives_the_same_values(rows, name):
    row = _row(rows, name)
    model, data = row.make_lively(), row.data(12)
    model.compile(steps_per_execution=2)
    expected = _evaluated(model, data)
    assert _evaluated(model, data) == expected
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(4)
    assert model.evaluate(dataset, verbose=0, return_dict=True) == expected
    first = model.test_on_batch(*row.data(4), return_dict=True)
    assert model.test_on_batch(*row.data(4), return_dict=True) == first  # a batch on its own is the first one
    for one in (data, dataset):
        history = model.fit(*row.data(8), batch_size=4, epochs=2, validation_data=one, verbose=0).history
        now = model.evaluate(dataset, verbose=0, return_dict=True)
        assert {name: history[f"val_{name}"][-1] for name in now} == pytest.approx(now, rel=1e-6)


def test_replicas_evaluate_with_noise_of_their_own_that_is_the_same_each_time(rows, two_replicas):
    row = _row(rows, "vae")
    with two_replicas.scope():
        model = row.make_lively()
        model.compile()
    data = row.data(2)
    results = []
    for repeats in (1, 2, 4):  # rows of one replica in one batch, of both, and of both in two batches
        several = [np.concatenate([part] * repeats) for part in data]
        results.append(_evaluated(model, several)["loss"])
        assert _evaluated(model, several)["loss"] == results[-1]
    assert len(set(results)) == 3
