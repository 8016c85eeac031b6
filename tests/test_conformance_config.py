"""Every model: the constructor's arguments are its configuration, and the configuration makes an equal model."""

import json

import keras
import numpy as np
import pytest
import unizoo
from unizoo.zoo.explain.explanation import SLOTS, lines_of


def _assert_equal_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_generative_model_of_the_registry_has_a_row(rows):
    assert {row.model for row in rows} == set(unizoo.list_models())


def test_config_is_the_constructors_arguments_in_plain_json(row):
    config = row.make().get_config()
    assert json.loads(json.dumps(config)) == config
    arguments = json.loads(json.dumps(row.arguments))
    assert {name: config[name] for name in arguments} == arguments
    assert config["seed"] == 0


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"latent_dims": 3}, r"has no such argument. Nearest: .*Received: latent_dims=3"),
        ({"image_shape": (8, 8)}, r"must be \(height, width, channels\). Received: image_shape=\(8, 8\)"),
    ],
)
def test_arguments_that_cannot_be_are_refused(row, argument, message):
    with pytest.raises((TypeError, ValueError), match=message):
        row.make(**argument)


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_a_code_without_numbers_is_refused(name):
    with pytest.raises(ValueError, match=r"latent_dim must be a positive integer, or several. Received: latent_dim=0"):
        unizoo.zoo.make_model(name, latent_dim=0)


def test_from_config_makes_an_equal_model(row):
    model = row.make(seed=3, name="mine")
    clone = type(model).from_config(json.loads(json.dumps(model.get_config())))
    assert clone.get_config() == model.get_config()
    assert clone.name == "mine"
    _assert_equal_weights(clone, model)


def test_keras_serialisation_round_trip(row):
    model = row.make(seed=3)
    clone = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    assert type(clone) is type(model)
    assert clone.get_config() == model.get_config()


def test_the_seed_decides_the_initial_weights(row):
    _assert_equal_weights(row.make(seed=5), row.make(seed=5))
    one, other = (
        np.concatenate([weight.numpy().ravel() for weight in row.make(seed=seed).trainable_weights]) for seed in (5, 6)
    )
    assert not np.allclose(one, other)


def test_all_weights_exist_after_construction(row):
    model = row.make()
    identities = [id(weight) for weight in model.weights]
    model.compile(run_eagerly=True)
    model.fit(*row.data(4), batch_size=4, verbose=0)
    assert [id(weight) for weight in model.weights] == identities
    assert model.built


def test_phases_declare_formulas_and_terms(row):
    model = row.make()
    names = [phase.name for phase in model.phases]
    assert len(set(names)) == len(names)
    assert len(set(model.term_names)) == len(model.term_names)
    assert set(model.default_optimizers()) == set(names)
    assert all(lines_of(phase) for phase in model.phases)
    assert model.formulation.theta_slot in SLOTS
    assert model.formulation.equations


@pytest.mark.parametrize("image_shape", [(28, 28), (0, 28, 1), (28, -1, 1)])
def test_a_wrong_image_shape_is_refused(row, image_shape):
    with pytest.raises(ValueError, match=r"image_shape must be .*Received"):
        row.make(image_shape=image_shape)
