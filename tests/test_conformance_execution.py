"""Every model: the same step however it is executed, in every precision, and the same run from the same seed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

# One model of each kind, for what would take minutes with every model.
REPRESENTATIVES = ("vae", "iwae_two_layers", "gan", "infogan", "svae", "wakesleep", "cyclegan")


def _tensors(batch):
    return tf.nest.map_structure(lambda part: None if part is None else tf.constant(part), batch)


def _update(row, execute):
    """The weights and the terms after one update with SGD and injected noise; `execute` wraps what is to be run."""
    model = row.make_lively()
    model.compile(row.sgd(model, 0.05), run_eagerly=True)
    execute(lambda batch, noise: model.update(batch, noise=noise))(_tensors(row.batch(4)), row.noise(model, 4))
    return model.get_weights(), model.get_metrics_result()


def _assert_close(one, other):
    assert {name: float(value) for name, value in one[1].items()} == pytest.approx(
        {name: float(value) for name, value in other[1].items()}, rel=1e-4, abs=1e-5
    )
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_xla_and_graph_equal_eager(row):
    eager = _update(row, lambda function: function)
    _assert_close(_update(row, tf.function), eager)
    _assert_close(_update(row, lambda function: tf.function(function, jit_compile=True)), eager)


def _answer(row, model):
    """What a model that generates nothing makes of images: translations, or probabilities of classes."""
    return getattr(model, "translate" if "translate" in row.methods else "classify")(row.images(4))


def _fit(row, **compiled):
    """The weights after five steps of `fit`."""
    model = row.make()
    model.compile(**compiled)
    model.fit(*row.data(20), batch_size=4, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.fixture(scope="module")
def weights(row):
    """The weights after `fit` as compiled by default."""
    return _fit(row)


def test_the_same_seed_gives_the_same_run_whatever_the_steps_a_call(row, weights):
    for a, b in zip(weights, _fit(row, steps_per_execution=3), strict=True):  # five batches: a remainder of two
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "compiled",
    [
        {"run_eagerly": True},
        pytest.param({"steps_per_execution": 1}, marks=pytest.mark.slow),
        pytest.param({"jit_compile": True}, marks=pytest.mark.slow),
    ],
    ids=["eagerly", "one_step_a_call", "xla"],
)
def test_fit_is_the_same_however_it_is_executed(row, weights, compiled):
    if not compiled.get("run_eagerly") and row.name not in REPRESENTATIVES:
        pytest.skip("one model of each kind does: every model's step is compiled by XLA, and repeated, above")
    for a, b in zip(weights, _fit(row, **compiled), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_another_seed_gives_another_run(row):
    results = []
    for seed in (0, 1):
        model = row.make(seed=seed)
        model.set_weights(row.make().get_weights())
        model.compile(run_eagerly=True)
        model.update(row.batch(4))
        results.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    assert (results[0] != results[1]).any()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_stays_finite(row, policy, dtype_policy):
    dtype_policy(policy)
    model = row.make()
    model.compile(run_eagerly=policy == "mixed_bfloat16")  # a graph for float16, where scaling the loss is conditional
    assert all(weight.dtype == "float32" for weight in model.weights)
    scaled = [isinstance(one, keras.optimizers.LossScaleOptimizer) for one in model.optimizer.optimizers]
    assert scaled == [policy == "mixed_float16"] * len(model.phases)
    before = model.get_weights()
    history = model.fit(*row.data(12), batch_size=4, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    made = model.sample(4, seed=0) if "generate" in row.methods else _answer(row, model)
    samples = made.numpy()
    assert samples.dtype == np.float32
    assert samples.min() >= 0.0
    assert samples.max() <= 1.0


def test_mixed_precision_is_close_to_single(row, dtype_policy):
    losses = []
    for policy in ("float32", "mixed_bfloat16"):
        dtype_policy(policy)
        model = row.make()
        losses.append(
            [phase.loss(row.batch(4), row.noise(model, 4)[phase.name][0], False)[0] for phase in model.phases]
        )
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.02, atol=0.02)
