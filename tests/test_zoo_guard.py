"""What is said of a discriminator that has won."""

import numpy as np
import pytest
import unizoo

SHAPE = {"image_shape": (10, 10, 1), "latent_dim": 3, "filters": 2}


def _fit(images, **options):
    model = unizoo.zoo.GAN(**SHAPE, **options)
    model.compile(run_eagerly=True)
    model.fit(images, batch_size=8, epochs=2, verbose=0)


@pytest.fixture
def sure(monkeypatch):
    """Every phase's loss is that of a discriminator that is sure of all images."""
    phases = unizoo.zoo.GAN.phases.fget

    def of_winner(self):
        from dataclasses import replace

        first, second = phases(self)

        def loss(batch, noise, training):
            value, terms = first.loss(batch, noise, training)
            return 0.0 * value + 0.05, terms

        return replace(first, loss=loss), second

    monkeypatch.setattr(unizoo.zoo.GAN, "phases", property(of_winner))


def test_a_discriminator_that_has_won_is_named_once_with_what_helps(sure, capsys):
    _fit(np.zeros((8, 10, 10, 1), np.float32))
    said = capsys.readouterr().err
    assert said.count("has won") == 1
    assert "in epoch 1 (its loss is 0.05" in said
    assert "instance_noise" in said


def test_nothing_is_said_of_a_game_that_goes_on(capsys):
    _fit(np.random.default_rng(0).random((8, 10, 10, 1)).astype(np.float32))
    assert "has won" not in capsys.readouterr().err


def test_nothing_is_said_of_a_loss_that_is_no_probability(sure, capsys):
    _fit(np.zeros((8, 10, 10, 1), np.float32), adversarial_loss="least_squares")
    assert "has won" not in capsys.readouterr().err
