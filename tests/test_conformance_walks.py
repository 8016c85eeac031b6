"""Every model that generates walks between draws of its prior; the others say why they do not."""

import numpy as np
import pytest
import unizoo
from unizoo.zoo.core.randomness import row_seeds


@pytest.fixture(scope="module")
def walker(row):
    """Of a row that generates: its model, the arguments of eight walks (labels, if it takes any), and the walks."""
    if "generate" not in row.methods:
        pytest.skip(f"{row.name} has no generate")
    model = row.make_lively()
    arguments = {"steps": 5}
    if model.sample_classes is not None:
        arguments["labels"] = np.arange(8) % model.sample_classes
    return model, arguments, model.walk(8, seed=3, **arguments).numpy()


def test_walks_are_images_between_samples(walker):
    model, arguments, walks = walker
    assert walks.shape == (8, 5, *model.image_shape)
    assert walks.dtype == np.float32
    assert walks.min() >= 0.0
    assert walks.max() <= 1.0
    labels = np.tile(arguments["labels"], 2) if "labels" in arguments else None
    samples = model.sample(16, seed=3, labels=labels)
    np.testing.assert_allclose(walks[:, 0], samples[:8], atol=1e-6)
    np.testing.assert_allclose(walks[:, -1], samples[8:], atol=1e-6)


def test_neighbours_on_a_walk_are_closer_than_its_ends(walker):
    _, _, walks = walker
    steps = np.abs(np.diff(walks, axis=1)).mean()
    ends = np.abs(walks[:, -1] - walks[:, 0]).mean()
    assert steps < 0.6 * ends
    assert not np.allclose(walks[:, 2], walks[:, 0])
    assert not np.allclose(walks[:, 2], walks[:, -1])


def test_a_walk_follows_its_seeds(walker):
    model, arguments, walks = walker
    np.testing.assert_array_equal(model.walk(8, seed=3, **arguments), walks)
    assert not np.allclose(model.walk(8, seed=4, **arguments), walks)
    start, end = np.split(row_seeds(16, 3).numpy(), 2)
    np.testing.assert_array_equal(model.walk_between(start, end, **arguments), walks)
    back = model.walk_between(end, start, **arguments).numpy()
    np.testing.assert_allclose(back[:, [0, -1]], walks[:, [-1, 0]], atol=1e-6)
    alone = {**arguments, "labels": arguments["labels"][2:3]} if "labels" in arguments else arguments
    np.testing.assert_allclose(model.walk_between(start[2:3], end[2:3], **alone)[0], walks[2], atol=1e-6)


def test_a_walk_keeps_its_label(walker):
    model, arguments, walks = walker
    if model.sample_classes is None:
        with pytest.raises(ValueError, match="takes no labels"):
            model.walk(2, labels=[0, 1])
        return
    drawn = model._labels_for(row_seeds(16, 3)[:8], None)
    without = {"steps": arguments["steps"]}
    np.testing.assert_array_equal(model.walk(8, seed=3, **without), model.walk(8, seed=3, labels=drawn, **without))
    changed = np.array([*arguments["labels"][:-1], arguments["labels"][0]])
    others = model.walk(8, seed=3, labels=changed, **without).numpy()
    np.testing.assert_allclose(others[:-1], walks[:-1], atol=1e-6)
    assert not np.isclose(others[-1], walks[-1]).all(axis=(1, 2, 3)).any()  # every step has another image


def test_a_walk_without_ends_or_between_no_seeds_is_refused(walker):
    model, _, _ = walker
    with pytest.raises(ValueError, match=r"steps must be at least 2, the two ends. Received: steps=1"):
        model.walk(2, steps=1)
    with pytest.raises(ValueError, match=r"n must be an integer, at least 1. Received: n=0"):
        model.walk(0)
    for start, end, received in (
        ([1, 2], [3], r"int64 of shape \(2,\) and int64 of shape \(1,\)"),
        ([0.5], [3.0], r"float64 of shape \(1,\) and float64 of shape \(1,\)"),
        (1, 2, r"int64 of shape \(\) and int64 of shape \(\)"),
    ):
        with pytest.raises(ValueError, match=rf"between seeds: integers \[n\], .* Received: {received}"):
            model.walk_between(start, end)


@pytest.mark.parametrize("name", ["ada", "cyclegan", "classifier"])
def test_a_model_that_makes_no_images_from_noise_walks_nowhere(rows, name):
    made = {row.name: row for row in rows if "generate" not in row.methods}
    model = unizoo.zoo.Classifier((12, 12, 1), name="mine") if name == "classifier" else made[name].make(name="mine")
    for method, arguments in (("walk", (2,)), ("walk_between", ([1], [2]))):
        with pytest.raises(NotImplementedError, match=rf"has no {method}: .*use .* Received: mine.{method}"):
            getattr(model, method)(*arguments)
