"""Named data sets, splits, sizes, channels and binarisation, in memory."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from unizoo import data

CACHE = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser()) / "datasets"


def needs(entry):
    return pytest.mark.skipif(not (CACHE / entry).exists(), reason=f"{entry} is not in Keras's cache")


def rows_of(images):
    return {image.tobytes() for image in images.images}


@pytest.fixture(scope="module")
def digits():
    return {split: data.load_arrays("digits", split, validation=100) for split in ("train", "validation", "test")}


def run_python(code, **env):
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True, timeout=120
    )


def test_listing_imports_neither_tensorflow_nor_numpy():
    code = "import sys; from unizoo import data; print(data.list_datasets()['digits']); "
    done = run_python(code + "print({'tensorflow', 'keras', 'numpy', 'PIL'} & set(sys.modules))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [data.list_datasets()["digits"], "set()"]


def test_every_listed_name_has_a_source():
    from unizoo.data.named import SOURCES

    assert list(data.list_datasets()) == list(SOURCES)
    assert {"digits", "mnist", "fashion_mnist", "usps", "cifar10"} <= set(SOURCES)


def test_digits_are_scaled_labelled_and_split(digits):
    assert {split: len(images) for split, images in digits.items()} == {
        "train": 1400,
        "validation": 100,
        "test": 297,
    }
    for images in digits.values():
        assert images.image_shape == (8, 8, 1)
        assert images.images.dtype == np.float32
        assert (images.images.min(), images.images.max()) == (0, 1)
        assert images.labels.dtype == np.int32
        assert set(images.labels) == set(range(10))
        assert (images.name, images.num_classes, images.class_names) == ("digits", 10, tuple("0123456789"))


def test_splits_are_disjoint_and_complete(digits):
    from sklearn.datasets import load_digits

    every = {(image / 16).astype(np.float32).tobytes() for image in load_digits().images}
    train, validation, test = (rows_of(images) for images in digits.values())
    assert len(every) == 1797  # no image occurs twice, so the sets below count examples
    assert train | validation | test == every
    assert len(train) + len(validation) + len(test) == 1797


def test_labels_stay_with_their_images(digits):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    label = {(i / 16).astype(np.float32).tobytes(): y for i, y in zip(bunch.images, bunch.target, strict=True)}
    for images in digits.values():
        assert [label[image.tobytes()] for image in images.images] == list(images.labels)


def test_held_out_examples_do_not_depend_on_the_seed(digits):
    other = data.load_arrays("digits", "validation", validation=100, seed=7)
    np.testing.assert_array_equal(other.images, digits["validation"].images)
    fraction = data.load_arrays("digits", "validation", validation=1 / 15)
    np.testing.assert_array_equal(fraction.images, digits["validation"].images)


def test_the_test_set_does_not_depend_on_validation(digits):
    np.testing.assert_array_equal(data.load_arrays("digits", "test").images, digits["test"].images)


def test_fixed_binarisation_is_one_bernoulli_draw(digits):
    first, second = (data.load_arrays("digits", "test", binarize="fixed", seed=s) for s in (1, 1))
    other = data.load_arrays("digits", "test", binarize="fixed", seed=2)
    np.testing.assert_array_equal(first.images, second.images)
    assert (first.images != other.images).any()
    assert set(np.unique(first.images)) == {0, 255}
    grey = digits["test"].images
    assert (first.images[grey == 0] == 0).all()
    assert (first.images[grey == 1] == 255).all()
    half = first.images[grey == 0.5] / 255
    assert half.mean() == pytest.approx(0.5, abs=4 * 0.5 / len(half) ** 0.5)


def test_an_examples_fixed_draw_does_not_depend_on_what_else_is_loaded():
    whole = data.load_arrays("digits", "train", binarize="fixed")
    grey = data.load_arrays("digits", "train")
    drawn = {g.tobytes(): d for g, d in zip(grey.images, whole.images, strict=True)}
    part = data.load_arrays("digits", "train", binarize="fixed", validation=500)
    part_grey = data.load_arrays("digits", "train", validation=500)
    for image, draw in zip(part_grey.images, part.images, strict=True):
        np.testing.assert_array_equal(draw, drawn[image.tobytes()])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name_or_path": "mnits"}, r"Did you mean 'mnist'.*Received: 'mnits'"),
        ({"split": "dev"}, r"expected one of train, validation, test.*Received: split='dev'"),
        ({"split": "validation"}, r"Nothing is held out.*Received: split='validation', validation=0"),
        ({"validation": 1500}, r"fewer than the 1500.*Received: validation=1500"),
        ({"validation": -1}, r"Received: validation=-1"),
        ({"validation": 1.5}, r"Received: validation=1.5"),
        ({"validation": True}, r"Received: validation=True"),
        ({"size": [4, 4]}, r"cannot shrink.*Received: size=\[4, 4\]"),
        ({"size": 28}, r"two positive integers. Received: 28"),
        ({"resize": "cubic"}, r"'bicubic'.*Received: resize='cubic'"),
        ({"margin": 2}, r"`margin` goes with.*Received: margin=2"),
        ({"margin": 14, "size": [28, 28], "resize": "bicubic"}, r"half.*Received: margin=14"),
        ({"channels": 2}, r"Received: channels=2"),
        ({"binarize": True}, r"Received: binarize=True"),
        ({"seed": -1}, r"Received: seed=-1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load_arrays(**{"name_or_path": "digits", **arguments})


def test_without_cache_or_network_the_error_says_what_to_do(tmp_path):
    code = "from unizoo import data\ntry: data.load_arrays('mnist')\nexcept FileNotFoundError as e: print(e)"
    nowhere = "http://127.0.0.1:9"  # nothing listens on the discard port
    done = run_python(code, KERAS_HOME=str(tmp_path), https_proxy=nowhere, HTTPS_PROXY=nowhere, no_proxy="")
    assert str(tmp_path / "datasets" / "mnist.npz") in done.stdout, done.stderr
    assert "keras.datasets.mnist.load_data()" in done.stdout
    assert "Received: URL fetch failure" in done.stdout


@needs("mnist.npz")
def test_mnist():
    images = data.load_arrays("mnist", "validation", validation=10_000)
    assert images.images.shape == (10_000, 28, 28, 1)
    assert images.images.dtype == np.uint8
    assert np.bincount(images.labels).min() > 850
    with np.load(CACHE / "mnist.npz") as file:
        test = data.load_arrays("mnist", "test")
        np.testing.assert_array_equal(test.images[..., 0], file["x_test"])
        np.testing.assert_array_equal(test.labels, file["y_test"])


@needs("fashion-mnist")
def test_fashion_mnist():
    images = data.load_arrays("fashion_mnist", "test")
    assert images.images.shape == (10_000, 28, 28, 1)
    assert np.bincount(images.labels).tolist() == [1000] * 10
    assert images.class_names[images.labels[0]] == "ankle boot"


def test_cifar10_in_one_file_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    x = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    y = np.arange(20)[:, np.newaxis] % 3
    np.savez(tmp_path / "datasets" / "cifar10.npz", x_train=x, y_train=y, x_test=x[:5], y_test=y[:5])
    images = data.load_arrays("cifar10", "test")
    np.testing.assert_array_equal(images.images, x[:5])
    assert images.labels.tolist() == [0, 1, 2, 0, 1]
    assert images.num_classes == 10
    assert images.class_names[:3] == ("airplane", "automobile", "bird")


def save_binarized(folder, **changes):
    (folder / "datasets").mkdir()
    draw = np.random.default_rng(0).integers
    arrays = {key: draw(0, 2, (n, 784), dtype=np.uint8) for key, n in (("train", 9), ("valid", 4), ("test", 3))}
    np.savez(folder / "datasets" / "binarized_mnist.npz", **{**arrays, **changes})
    return arrays


def test_fixed_mnist_has_its_own_splits(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    arrays = save_binarized(tmp_path)
    for split, key in (("train", "train"), ("validation", "valid"), ("test", "test")):
        images = data.load_arrays("mnist", split, binarize="fixed", validation=2, size=[32, 32])
        np.testing.assert_array_equal(images.images[:, 2:30, 2:30, 0] / 255, arrays[key].reshape(-1, 28, 28))
        assert images.labels is None
    with pytest.raises(ValueError, match=r"cannot be resized, only padded.*Received: resize=.bilinear"):
        data.load_arrays("mnist", binarize="fixed", size=[32, 32], resize="bilinear")


def test_fixed_mnist_without_its_file_or_in_another_layout(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"binarized_mnist.npz.*train \[n, 784\].*Received: .*fixed"):
        data.load_arrays("mnist", binarize="fixed")
    save_binarized(tmp_path, test=np.full((3, 784), 2, np.uint8))
    with pytest.raises(ValueError, match=r"each value 0 or 1. Received: test \[3, 784\], uint8 from 2 to 2"):
        data.load_arrays("mnist", "test", binarize="fixed")


@needs("binarized_mnist.npz")
def test_published_binarisation_of_mnist():
    sizes = [len(data.load_arrays("mnist", s, binarize="fixed")) for s in ("train", "validation", "test")]
    assert sizes == [50_000, 10_000, 10_000]
