"""Every model: two replicas train as one device does, with injected noise and in `fit` itself."""

import numpy as np
import pytest
import tensorflow as tf

# One model of each kind, for what would take minutes with every model.
REPRESENTATIVES = ("vae", "iwae_two_layers", "gan_moving_average", "iwgan", "infogan", "svae", "rws", "cyclegan", "ada")


def _split(tensor, sizes):
    """Split along the axis of the examples, the one of length sum(sizes); None (no labels) is on every replica."""
    if tensor is None:
        return [None] * len(sizes)
    axis = list(tensor.shape).index(sum(sizes))
    return tf.split(tensor, sizes, axis)


def _per_replica(strategy, shards):
    """A structure of per-replica values from each replica's own structure."""
    leaves = zip(*(tf.nest.flatten(shard) for shard in shards), strict=True)
    values = [
        None
        if leaf[0] is None
        else strategy.experimental_distribute_values_from_function(
            lambda context, leaf=leaf: leaf[context.replica_id_in_sync_group]
        )
        for leaf in leaves
    ]
    return tf.nest.pack_sequence_as(shards[0], values)


def _shard(structure, sizes):
    leaves = [_split(leaf, sizes) for leaf in tf.nest.flatten(structure)]
    return [tf.nest.pack_sequence_as(structure, parts) for parts in zip(*leaves, strict=True)]


def _train(row, strategy, shards):
    """The weights and the terms after two steps with SGD and injected noise, on a shard of images for each replica."""
    with strategy.scope():
        model = row.make_lively()
        model.compile(row.sgd(model, 0.05))
    sizes = [len(tf.nest.flatten(shard.images)[0]) for shard in shards]
    batch = _per_replica(strategy, shards)
    for seed in range(2):
        noise = _per_replica(strategy, _shard(row.noise(model, sum(sizes), seed), sizes))
        strategy.run(lambda batch, noise: model.update(batch, noise=noise), args=(batch, noise))
    return model.get_weights(), {name: float(value) for name, value in model.get_metrics_result().items()}


def test_two_replicas_with_uneven_shards_equal_one_device(row, two_replicas):
    batch = row.batch(8)
    weights, terms = _train(row, tf.distribute.get_strategy(), [batch])
    on_two, terms_on_two = _train(row, two_replicas, _shard(batch, [5, 3]))
    assert terms_on_two == pytest.approx(terms, rel=1e-4, abs=1e-5)
    for one, two in zip(weights, on_two, strict=True):
        np.testing.assert_allclose(two, one, atol=2e-5)


def test_fit_on_two_replicas_equals_fit_on_one_device(row, two_replicas):
    if row.name not in REPRESENTATIVES:
        pytest.skip("one model of each kind does: every model's step on replicas is held against one device's, above")
    results = []
    for strategy in (tf.distribute.get_strategy(), two_replicas):
        with strategy.scope():
            model = row.make_lively()
            model.compile(row.sgd(model, 0.02))
        # Batches of four and of three; in validation of four and of one, of which the second replica gets none: there
        # importance weights over the batch would count the example of zeros that it is given.
        number = 7 if row.model in ("iwgan", "iwcgan") else 5
        options = {"batch_size": 4, "shuffle": False, "validation_data": row.batch(number, seed=1)}
        history = model.fit(*row.data(7), **options, validation_batch_size=4, verbose=0).history
        results.append((model.get_weights(), history))
    (weights, history), (on_two, history_on_two) = results
    assert set(history) == {*model.term_names, *(f"val_{name}" for name in model.term_names)}
    for name, values in history.items():
        np.testing.assert_allclose(history_on_two[name], values, rtol=1e-4, atol=1e-5, err_msg=name)
    for one, two in zip(weights, on_two, strict=True):
        np.testing.assert_allclose(two, one, atol=2e-5)
