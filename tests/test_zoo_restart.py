"""Discriminators that start afresh where a preset is trained on."""

import numpy as np
import pytest
import unizoo
from unizoo import zoo
from unizoo.workflows.train import fine_tune, train_model

SHAPE = {"image_shape": (8, 8, 1), "latent_dim": 3, "filters": 2}
IMAGES = np.random.default_rng(0).random((16, 8, 8, 1)).astype(np.float32)


def _trained(model):
    """A model whose weights are none of those that it began with."""
    for network in model.restarted or (model.discriminator,):
        network.set_weights([weight + 1.0 for weight in network.get_weights()])
    return model


def _same(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_a_discriminator_of_which_a_layer_is_frozen_is_kept():
    model = _trained(zoo.GAN(**SHAPE))
    before = model.discriminator.get_weights()
    next(layer for layer in model.discriminator.layers if layer.weights).trainable = False
    model.restart_discriminator()
    for old, new in zip(before, model.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_generator_and_its_average_stay_as_they_are():
    model = zoo.GAN(**SHAPE, moving_average=0.9)
    model.set_weights([weight + 1.0 for weight in model.get_weights()])
    before = [*model.generator.get_weights(), *model.average_generator.get_weights()]
    model.restart_discriminator()
    assert _same(model.discriminator, zoo.GAN(**SHAPE, moving_average=0.9).discriminator)
    for old, new in zip(before, [*model.generator.get_weights(), *model.average_generator.get_weights()], strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "model",
    [
        zoo.GAN(**SHAPE, r1_penalty=10.0, normalization="layer"),
        zoo.InfoGAN(**SHAPE, num_categories=3, num_continuous=1),
        zoo.VAEGAN(**SHAPE),
        zoo.AAE((8, 8, 1), latent_dim=3, hidden=(4,)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_discriminators_that_do_not_win_or_are_built_upon_are_kept(model):
    before = _trained(model).get_weights()
    model.restart_discriminator()
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "make",
    [
        lambda: zoo.GAN(**SHAPE, num_classes=3),
        lambda: zoo.IWGAN(**SHAPE),
        lambda: zoo.ALI(**SHAPE),
        lambda: zoo.CycleGAN((8, 8, 1), filters=2, blocks=1),
    ],
    ids=["CGAN", "IWGAN", "ALI", "CycleGAN"],
)
def test_all_of_a_model_s_discriminators_are_as_in_a_new_model(make):
    model = _trained(make())
    model.restart_discriminator()
    assert _same(model, make())


def test_fine_tuning_on_other_data_restarts_and_training_on_does_not(tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.concatenate([IMAGES] * 3))
    options = {"epochs": 1, "evaluate": False, "verbose": 0}
    config = {"latent_dim": 3, "filters": 2}
    train_model("gan", tmp_path / "mine.npz", tmp_path / "gan", config=config, **options)
    old = unizoo.from_preset(tmp_path / "gan", compile=False)
    _trained(old).save_to_preset(tmp_path / "start", unizoo.zoo.hub.presets.read_metadata(tmp_path / "gan"))
    # Steps of 1e-6 hardly move weights: those of the start are 1 off the initial ones.
    for dataset, restarted in (("digits", True), (tmp_path / "mine.npz", False)):
        output = tmp_path / f"tuned_{restarted}"
        fine_tune(tmp_path / "start", dataset, output, learning_rate=1e-6, **options)
        tuned = unizoo.from_preset(output, compile=False)
        distance = np.abs(tuned.discriminator.get_weights()[0] - old.discriminator.get_weights()[0]).max()
        assert (distance > 0.5) == restarted
