"""The progress bar ends at the last step, however an epoch's steps divide into executions."""

import re

import numpy as np
import pytest
import tensorflow as tf
import unizoo


def _shown(text):
    """All that a bar shows: pairs of the step and the number of steps."""
    return [tuple(map(int, pair)) for pair in re.findall(r"(\d+)/(\d+)", text)]


@pytest.mark.parametrize("kind", ["array", "data set"])
@pytest.mark.parametrize("steps", [33, 35])
def test_the_bar_ends_at_the_last_step(kind, steps, capsys):
    images = (np.random.default_rng(0).random((2 * steps, 4, 4, 1)) > 0.5).astype(np.float32)
    model = unizoo.zoo.VAE((4, 4, 1), 2, (3,))
    model.compile()
    x, options = images, {"batch_size": 2}
    if kind == "data set":
        x, options = tf.data.Dataset.from_tensor_slices(images).batch(2), {}
    model.fit(x, validation_data=(images[:10], None), epochs=1, verbose=1, **options)
    assert max(shown := _shown(capsys.readouterr().out)) == (steps, steps)
    assert shown[-1] == (steps, steps)
    model.evaluate(x, verbose=1, **options)
    assert max(_shown(capsys.readouterr().out)) == (steps, steps)


def test_no_bar_is_shown_where_none_is_asked_for(capsys):
    images = np.zeros((4, 4, 4, 1), np.float32)
    model = unizoo.zoo.VAE((4, 4, 1), 2, (3,))
    model.compile()
    model.fit(images, epochs=1, verbose=0)
    model.evaluate(images, verbose=0)
    assert capsys.readouterr().out == ""


def test_an_epoch_of_endless_data_has_the_steps_that_it_was_given():
    images = np.zeros((2, 4, 4, 1), np.float32)
    model = unizoo.zoo.VAE((4, 4, 1), 2, (3,))
    model.compile()
    endless = tf.data.Dataset.from_tensors(images).repeat()
    for steps in (35, 37, 64):
        before = int(model.optimizer.iterations)
        model.fit(endless, steps_per_epoch=steps, epochs=2, verbose=0)
        assert int(model.optimizer.iterations) - before == 2 * steps
