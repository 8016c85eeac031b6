"""Every model: a phase moves its own player and nobody else, and frozen networks stay as they are."""

import fnmatch

import keras
import numpy as np
import pytest


def _snapshot(weights):
    return {id(weight): weight.numpy() for weight in weights}


def _moved(weights, before):
    return {id(weight) for weight in weights if not np.array_equal(weight.numpy(), before[id(weight)])}


def _trainable(networks):
    return {id(weight) for network in networks for weight in network.trainable_weights}


def _idle(row, networks):
    """Those of the networks' weights that the row's loss need not move."""
    weights = [weight for network in networks for weight in network.trainable_weights]
    return {id(weight) for weight in weights if row.idle and fnmatch.fnmatch(weight.path, row.idle)}


def test_a_phase_moves_every_trainable_weight_of_its_player_and_no_other(row):
    for mover in row.make().phases:
        model = row.make()
        model.compile(
            {phase.name: keras.optimizers.SGD(float(phase.name == mover.name)) for phase in model.phases},
            run_eagerly=True,
        )
        before = _snapshot(model.trainable_weights)
        model.update(row.batch(8))
        networks = next(phase.networks for phase in model.phases if phase.name == mover.name)
        moved = _moved(model.trainable_weights, before)
        assert moved <= _trainable(networks), mover.name
        assert moved >= _trainable(networks) - _idle(row, networks), mover.name


def test_the_players_own_all_trainable_weights(row):
    model = row.make()
    networks = [network for phase in model.phases for network in phase.networks]
    assert _trainable(networks) == {id(weight) for weight in model.trainable_weights}


def test_a_frozen_network_stays_and_the_others_move(row):
    for index in range(len(row.make().phases)):
        model = row.make_lively()  # a tiny network's initial weights may leave a unit without gradient
        frozen = model.phases[index].networks[0]
        frozen.trainable = False
        model.compile(row.sgd(model), run_eagerly=True)
        before = _snapshot(model.weights)
        model.fit(*row.data(8), batch_size=4, verbose=0)
        moved = _moved(model.weights, before)
        assert not moved & {id(weight) for weight in frozen.weights}
        networks = [network for phase in model.phases for network in phase.networks]
        others = _trainable(networks) - _idle(row, networks)
        assert others
        assert others <= moved


def test_a_model_all_frozen_logs_every_term_with_fresh_noise_each_step(row):
    model = row.make_lively()
    for phase in model.phases:
        for network in phase.networks:
            network.trainable = False
    model.compile(run_eagerly=True)
    before = _snapshot(model.weights)
    batch, logs = row.batch(4), []
    for _ in range(2):
        model.reset_metrics()
        logs.append({name: float(value) for name, value in model.update(batch).items()})
    assert not _moved(model.weights, before)
    assert list(logs[0]) == model.term_names
    assert np.isfinite(list(logs[0].values())).all()
    for phase in model.phases:  # the loss of every phase depends on its noise
        name = "loss" if len(model.phases) == 1 else f"{phase.name}_loss"
        assert logs[0][name] != logs[1][name]


def test_the_loss_of_a_phase_is_per_example(row):
    model = row.make()
    batch, noise = row.batch(8), row.noise(model, 8)
    for phase in model.phases:
        loss, terms = phase.loss(batch, noise[phase.name][0], False)
        assert loss.shape == (8,)
        assert set(terms) == set(phase.terms)
        for name, value in terms.items():
            assert value.shape == (8,), name
            assert value.dtype == "float32", name


def test_weights_of_examples_scale_the_objective(row):
    models = [row.make_lively(), row.make_lively()]
    batch = row.batch(8)
    for model, weights in zip(models, (None, np.full(8, 0.5, np.float32)), strict=True):
        # With half the weights, twice the learning rate gives the same step.
        model.compile(row.sgd(model, 0.1 if weights is None else 0.2), run_eagerly=True)
        model.update(batch, weights, row.noise(model, 8))
    for one, other in zip(*(model.trainable_weights for model in models), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_noise_from_the_models_seed_can_be_injected_instead(row):
    results = []
    for seed in (0, 0, 1):
        model = row.make_lively()
        model.compile(row.sgd(model), run_eagerly=True)
        logs = model.update(row.batch(4), noise=row.noise(model, 4, seed))
        results.append(np.array([float(value) for value in logs.values()]))
    np.testing.assert_array_equal(results[0], results[1])
    assert (results[0] != results[2]).any()


@pytest.mark.parametrize("wrong", [{"nobody": "sgd"}, {"nobody": "sgd", "somebody": "adam"}])
def test_an_optimizer_for_an_unknown_phase_is_refused(row, wrong):
    model = row.make()
    with pytest.raises(ValueError, match=r"does not have.*Received: \['nobody'"):
        model.compile(wrong)
