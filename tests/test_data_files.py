"""One's own data: `.npz` and `.npy` files, and what is said of those that will not do."""

import numpy as np
import pytest
from unizoo import data

RNG = np.random.default_rng(0)


def pixels(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(12, 6, 5), (12, 6, 5, 1), (12, 6, 5, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64", "bool"])
def test_npz_in_keras_layout(tmp_path, shape, dtype):
    grey = pixels(*shape)
    x = {"uint8": grey, "bool": grey > 127}.get(dtype, (grey / 255).astype(dtype, copy=False))
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=np.arange(12) % 4, x_test=x[:3], y_test=[[0], [1], [5]])
    test = data.load_arrays(tmp_path / "mine.npz", "test")
    assert test.images.dtype == (np.float32 if dtype.startswith("float") else np.uint8)
    assert test.images.shape == (3, 6, 5, shape[3] if len(shape) == 4 else 1)
    scale = 1 if test.images.dtype == np.float32 else 255
    np.testing.assert_allclose(test.images.reshape(x[:3].shape) / scale, x[:3] / (255 if dtype == "uint8" else 1))
    assert test.labels.tolist() == [0, 1, 5]
    assert (test.name, test.num_classes, test.class_names) == ("mine", 6, None)
    assert len(data.load_arrays(str(tmp_path / "mine.npz"), "train", validation=0.25)) == 9


def test_npz_of_one_array_is_split_by_itself(tmp_path):
    x = pixels(50, 4, 4)
    np.savez(tmp_path / "faces.npz", x=x)
    parts = [data.load_arrays(tmp_path / "faces.npz", s, validation=10) for s in ("train", "validation", "test")]
    assert [len(p) for p in parts] == [35, 10, 5]
    assert {i.tobytes() for p in parts for i in p.images} == {i.tobytes() for i in x}
    assert parts[0].labels is None
    assert parts[0].num_classes is None


def test_npz_with_a_validation_part_keeps_it(tmp_path):
    x = pixels(20, 4, 4)
    np.savez(tmp_path / "v.npz", x_train=x[:12], x_validation=x[12:])
    np.testing.assert_array_equal(data.load_arrays(tmp_path / "v.npz", "validation").images[..., 0], x[12:])
    assert len(data.load_arrays(tmp_path / "v.npz", validation=5)) == 12
    with pytest.raises(ValueError, match=r"v.npz has no test split, only train, validation. Received: split='test'"):
        data.load_arrays(tmp_path / "v.npz", "test")


GOOD = np.zeros((4, 6, 6), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": GOOD, "b": GOOD}, r"no images that could be told by their name.*Received: arrays \['a', 'b'\]"),
        ({"labels": GOOD}, r"no images that could be told by their name.*Received: arrays \['labels'\]"),
        (
            {"x": GOOD, "images": GOOD},
            r"several arrays for one purpose, images, x;.*Received: arrays \['images', 'x'\]",
        ),
        ({"x_val": GOOD, "X_valid": GOOD}, r"several arrays for one purpose, X_valid, x_val"),
        ({"x": GOOD, "y": [0] * 4, "labels": [0] * 4}, r"several arrays for one purpose, labels, y"),
        ({"x_train": GOOD, "y": [0] * 4}, r"holds labels, y, and the images under other names"),
        ({"arr_0": GOOD, "arr_1": GOOD}, r"no images that could be told.*Received: arrays \['arr_0', 'arr_1'\]"),
        ({"x_train": np.zeros((4, 36), np.uint8)}, r"wrong shape.*Received: shape \[4, 36\]"),
        ({"x_train": np.zeros((4, 6, 6, 2), np.uint8)}, r"wrong shape.*Received: shape \[4, 6, 6, 2\]"),
        ({"x_train": np.zeros((0, 6, 6), np.uint8)}, r"no images.*Received: shape \[0, 6, 6\]"),
        ({"x_train": GOOD.astype(np.int64) + 256}, r"out of range.*Received: int64 from 256 to 256"),
        ({"x_train": GOOD.astype(np.int8) - 1}, r"out of range.*Received: int8 from -1 to -1"),
        ({"x_train": GOOD.astype(np.int64) + 1}, r"only 0 and 1.*Received: int64 with a maximum of 1"),
        ({"x_train": GOOD.astype(complex)}, r"wrong dtype.*Received: complex128"),
        ({"x_train": GOOD.astype(str)}, r"wrong dtype.*Received: <U"),
        ({"x_train": GOOD + 255.0}, r"out of range.*Received: float64 from 255 to 255"),
        ({"x_train": GOOD - 0.5}, r"out of range.*Received: float64 from -0.5 to -0.5"),
        ({"x_train": GOOD + np.nan}, r"out of range.*Received: float64 from nan to nan"),
        ({"x_train": GOOD + np.uint8(1)}, r"only 0 and 1.*Received: uint8 with a maximum of 1"),
        ({"x_train": np.array([None] * 4)}, r"plain arrays.*Received: Object arrays cannot be loaded"),
        ({"x_train": GOOD, "y_train": [0, 1]}, r"one for each of the 4 images. Received: shape \[2\]"),
        ({"x_train": GOOD, "y_train": [0.0, 1, 2, 3]}, r"wrong dtype; expected labels.*Received: float64"),
        ({"x_train": GOOD, "y_train": [0, 1, 2, -3]}, r"negative label.*Received: -3"),
        (
            {"x_train": GOOD, "y_train": np.ones((4, 3))},
            r"not one-hot; expected labels.*Received: shape \[4, 3\], float64",
        ),
        ({"x_train": GOOD, "y_train": np.eye(4)[:, :3]}, r"not one-hot"),
        ({"x_train": GOOD, "y_train": np.full((4, 2), "1")}, r"not one-hot.*Received: shape \[4, 2\], <U1"),
    ],
)
def test_npz_that_will_not_do(tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=rf"(?s)bad\.npz.*{message}"):
        data.load_arrays(tmp_path / "bad.npz")


def test_files_of_another_kind(tmp_path):
    (tmp_path / "text.npz").write_text("not an archive")
    np.savez(tmp_path / "whole.npz", x_train=pixels(20, 8, 8))
    cut = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(cut[: len(cut) // 2])
    np.save(tmp_path / "array.npy", GOOD)
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    for name in ("text", "cut", "array"):
        with pytest.raises(ValueError, match=rf"{name}.npz could not be read as a .npz.*Received: "):
            data.load_arrays(tmp_path / f"{name}.npz")
    (tmp_path / "x.csv").write_text("1,2")
    with pytest.raises(ValueError, match=r"x.csv is neither a .npz or .npy file nor a folder.*Received: '.*x.csv'"):
        data.load_arrays(tmp_path / "x.csv")
    with pytest.raises(FileNotFoundError, match=r"nothing at .*none.npz.*x_train.*Received: '.*none.npz'"):
        data.load_arrays(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        *(("x", "y"), ("X", "y"), ("X", "Y"), ("images", "labels"), ("image", "label"), ("data", "target")),
        *(("imgs", "targets"), ("data", None), ("faces", None), ("arr_0", None), ("arr_0", "arr_1")),
    ],
)
def test_npz_with_other_usual_names(tmp_path, images, labels):
    x, y = pixels(20, 4, 4), np.arange(20) % 3
    np.savez(tmp_path / "named.npz", **{images: x}, **({labels: y} if labels else {}))
    train = data.load_arrays(tmp_path / "named.npz")
    number = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
    assert len(train) == 18
    assert labels is None or [number[image.tobytes()] for image in train.images] == train.labels.tolist()
    assert (train.labels is None, train.num_classes) == ((False, 3) if labels else (True, None))


@pytest.mark.parametrize(
    "names",
    [
        ("X_train", "y_train", "X_val", "y_val", "X_test", "y_test"),
        ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"),
        ("trainX", "trainY", "validX", "validY", "testX", "testY"),
        ("data_training", "target_training", "data_dev", "target_dev", "data_testing", "target_testing"),
    ],
)
def test_npz_with_the_splits_under_other_usual_names(tmp_path, names):
    x, y = pixels(12, 4, 4), np.arange(12) % 4
    rows = {"train": slice(6), "validation": slice(6, 10), "test": slice(10, 12)}
    arrays = [array[part] for part in rows.values() for array in (x, y)]
    np.savez(tmp_path / "named.npz", x=x, **dict(zip(names, arrays, strict=True)))
    for split, part in rows.items():
        images = data.load_arrays(tmp_path / "named.npz", split)
        np.testing.assert_array_equal(images.images[..., 0], x[part])
        np.testing.assert_array_equal(images.labels, y[part])
        assert images.num_classes == 4


def test_npy_is_an_array_of_images(tmp_path):
    x = pixels(20, 4, 4, 3)
    np.save(tmp_path / "faces.npy", x)
    parts = [data.load_arrays(tmp_path / "faces.npy", split) for split in ("train", "test")]
    assert {image.tobytes() for part in parts for image in part.images} == {image.tobytes() for image in x}
    assert (len(parts[0]), parts[0].labels, parts[0].name) == (18, None, "faces")
    assert data.evaluation_split(tmp_path / "faces.npy") == "test"
    np.savez(tmp_path / "archive.npz", x=x)
    (tmp_path / "archive.npz").rename(tmp_path / "archive.npy")
    np.save(tmp_path / "objects.npy", np.array([None] * 4))
    (tmp_path / "text.npy").write_text("no array")
    for name in ("archive", "objects", "text"):
        with pytest.raises(ValueError, match=rf"{name}\.npy could not be read as a \.npy.*Received: "):
            data.load_arrays(tmp_path / f"{name}.npy")
    np.save(tmp_path / "flat.npy", x.reshape(20, 48))
    with pytest.raises(ValueError, match=r"flat\.npy.*wrong shape.*Received: shape \[20, 48\]"):
        data.load_arrays(tmp_path / "flat.npy")


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint16", "uint64"])
def test_integers_of_any_dtype_run_from_0_to_255(tmp_path, dtype):
    x = pixels(6, 4, 4) // (2 if dtype == "int8" else 1)
    np.savez(tmp_path / "i.npz", x_train=x.astype(dtype))
    images = data.load_arrays(tmp_path / "i.npz").images
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[..., 0], x)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_one_hot_labels_and_columns_are_labels(tmp_path, dtype):
    y = np.array([0, 2, 1, 0])
    np.savez(tmp_path / "l.npz", x_train=GOOD, y_train=np.eye(5)[y].astype(dtype), x_test=GOOD, y_test=y[:, np.newaxis])
    for split in ("train", "test"):
        images = data.load_arrays(tmp_path / "l.npz", split)
        assert images.labels.tolist() == [0, 2, 1, 0]
        assert images.labels.dtype == np.int32
        assert images.num_classes == 5  # as many as columns, though there are none of the last two


def test_files_of_arrays_have_no_damaged_files_to_leave_out(tmp_path):
    np.savez(tmp_path / "x.npz", x_train=GOOD)
    assert len(data.load_arrays(tmp_path / "x.npz", on_error="skip")) == 4
    assert len(data.load_arrays("digits", "test", on_error="skip")) == 297
    with pytest.raises(ValueError, match=r"`on_error` is one of 'raise', 'skip'. Received: on_error='ignore'"):
        data.load_arrays(tmp_path / "x.npz", on_error="ignore")


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "notes.npz").write_text("not an archive")
    np.save(tmp_path / "one", GOOD)
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    for name in ("notes", "one"):
        with pytest.raises(ValueError, match=r"Received: a file that is no \.npz archive"):
            data.load_arrays(tmp_path / f"{name}.npz")


@pytest.mark.parametrize(
    ("parts", "split"),
    [(("train", "test"), "test"), (("train",), "validation"), (("train", "validation"), "validation"), ((), "test")],
)
def test_a_model_is_measured_on_the_test_split_if_there_is_one(tmp_path, parts, split):
    np.savez(tmp_path / "a.npz", **({f"x_{part}": GOOD for part in parts} or {"x": GOOD}))
    assert data.evaluation_split(tmp_path / "a.npz") == split
    assert data.evaluation_split("digits", None, tmp_path / "a.npz") == split
