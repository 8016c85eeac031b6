"""Two data sets side by side."""

import numpy as np
import pytest
from unizoo import data


@pytest.fixture
def two_files(tmp_path):
    """Two `.npz` files, of 20 and of 9 images; each image is its number all over, the second's from 100 on."""
    paths = []
    for name, n, first in (("one", 20, 0), ("other", 9, 100)):
        values = np.arange(first, first + n, dtype=np.uint8)
        images = np.broadcast_to(values[:, None, None], (n, 8, 8))
        paths.append(tmp_path / f"{name}.npz")
        np.savez(paths[-1], x_train=images, y_train=values % 3, x_test=images, y_test=values % 3)
    return paths


def _numbers(images):
    return np.rint(255 * np.asarray(images)[:, 0, 0, 0]).astype(int).tolist()


def test_an_epoch_is_one_pass_over_the_smaller_set_each_in_an_order_of_its_own(two_files):
    dataset = data.unpaired(*two_files, batch_size=3, seed=1)
    assert int(dataset.cardinality()) == 3
    epochs = [[[_numbers(part) for part in images] for (images,) in dataset] for _ in range(2)]
    firsts, seconds = ([[number for step in epoch for number in step[i]] for epoch in epochs] for i in (0, 1))
    for second in seconds:
        assert sorted(second) == list(range(100, 109))
    assert all(len(set(first)) == 9 for first in firsts)
    assert set(firsts[0]) != set(firsts[1])  # others of the larger set
    assert seconds[0] != seconds[1]
    again = data.unpaired(*two_files, batch_size=3, seed=1)
    assert [[_numbers(part) for part in images] for (images,) in again] == epochs[0]
    resumed = data.unpaired(*two_files, batch_size=3, seed=1, initial_epoch=1)
    assert [[_numbers(part) for part in images] for (images,) in resumed] == epochs[1]


def test_sets_of_one_size_do_not_keep_step(two_files):
    ((one, other),) = next(iter(data.unpaired(two_files[0], two_files[0], batch_size=20)))
    assert sorted(_numbers(one)) == sorted(_numbers(other))
    assert _numbers(one) != _numbers(other)


def test_labels_are_the_first_sets(two_files):
    for (one, other), labels in data.unpaired(*two_files, batch_size=3, labels=True):
        assert (np.asarray(labels) == np.array(_numbers(one)) % 3).all()
        assert min(_numbers(other)) >= 100


def test_a_smaller_last_batch_has_as_many_of_both(two_files):
    sizes = [(len(one), len(other)) for ((one, other),) in data.unpaired(*two_files, "test", batch_size=5)]
    assert sizes == [(5, 5), (4, 4)]
    sizes = [
        (len(one), len(other), len(y))
        for (one, other), y in data.unpaired(*two_files[::-1], "test", batch_size=5, labels=True)
    ]
    assert sizes == [(5, 5, 5), (4, 4, 4)]


def test_images_of_two_shapes_are_refused(two_files):
    with pytest.raises(ValueError, match=r"images of one shape; pass size=.*Received: "):
        data.unpaired(_wider(two_files[0]), two_files[1], batch_size=3)


def _wider(path):
    images = np.zeros((6, 8, 9), np.uint8)
    np.savez(path.with_name("wider.npz"), x_train=images, x_test=images)
    return path.with_name("wider.npz")


def test_usps_is_read_from_keras_cache_and_missed_there(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"usps\.npz, a \.npz with x_train.*Received: 'usps'"):
        data.load_arrays("usps")
    folder = tmp_path / "datasets"
    folder.mkdir()
    random = np.random.default_rng(0)
    arrays = {
        f"{kind}_{part}": random.random((n, 16, 16)).astype(np.float32)
        if kind == "x"
        else random.integers(0, 8, n).astype(np.uint8)
        for part, n in (("train", 12), ("test", 5))
        for kind in "xy"
    }
    np.savez(folder / "usps.npz", **arrays)
    images = data.load_arrays("usps", "test", size=[28, 28], resize="bicubic")
    assert images.images.shape == (5, 28, 28, 1)
    assert images.num_classes == 10
    np.testing.assert_array_equal(images.labels, arrays["y_test"])
    assert len(data.load_arrays("usps", "train")) == 12
