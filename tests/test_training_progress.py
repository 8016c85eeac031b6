"""`FitProgress`: steps of the whole run, and a line for each epoch."""

import keras
import numpy as np
from unizoo.training import FitProgress


def fit(callback, **options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 2)), np.ones(8), batch_size=2, callbacks=[callback], verbose=0, **options)


def test_steps_are_counted_over_the_whole_run(monkeypatch, capsys):
    monkeypatch.setattr("unizoo.training.progress.EVERY", 0.0)
    told, lines = [], []
    callback = FitProgress(lambda *one: told.append(one), lines.append, "stage 1 of 2")
    fit(callback, epochs=3, initial_epoch=1)
    assert {(stage, total) for stage, _, total in told} == {("stage 1 of 2", 12)}
    assert {done for _, done, _ in told} == set(range(4, 13))
    assert [line.split(",")[:2] for line in lines] == [["stage 1 of 2", f" epoch {n} of 3"] for n in (2, 3)]
    assert " s: loss " in lines[0]
    assert capsys.readouterr() == ("", "")


def test_either_function_can_be_left_out():
    lines = []
    fit(FitProgress(report=lines.append))
    fit(FitProgress(lambda *one: lines.append(one)))
    assert lines[0].startswith("training, epoch 1 of 1")
    assert lines[1] == ("training", 0, 4)
