"""One's own data: `.npz` files and folders of images, and what is said of those that will not do."""

import numpy as np
import pytest
from PIL import Image
from unizoo import data

RNG = np.random.default_rng(0)


def pixels(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


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
        ({"images": GOOD}, r"holds no images; expected Keras's layout.*Received: arrays \['images'\]"),
        ({"x_train": np.zeros((4, 36), np.uint8)}, r"wrong shape.*Received: shape \[4, 36\]"),
        ({"x_train": np.zeros((4, 6, 6, 2), np.uint8)}, r"wrong shape.*Received: shape \[4, 6, 6, 2\]"),
        ({"x_train": np.zeros((0, 6, 6), np.uint8)}, r"no images.*Received: shape \[0, 6, 6\]"),
        ({"x_train": GOOD.astype(np.int64)}, r"wrong dtype.*Received: int64"),
        ({"x_train": GOOD.astype(str)}, r"wrong dtype.*Received: <U"),
        ({"x_train": GOOD + 255.0}, r"out of range.*Received: float64 from 255 to 255"),
        ({"x_train": GOOD - 0.5}, r"out of range.*Received: float64 from -0.5 to -0.5"),
        ({"x_train": GOOD + np.nan}, r"out of range.*Received: float64 from nan to nan"),
        ({"x_train": GOOD + np.uint8(1)}, r"only 0 and 1.*Received: uint8 with a maximum of 1"),
        ({"x_train": np.array([None] * 4)}, r"plain arrays.*Received: Object arrays cannot be loaded"),
        ({"x_train": GOOD, "y_train": [0, 1]}, r"one for each of the 4 images. Received: shape \[2\]"),
        ({"x_train": GOOD, "y_train": [0.0, 1, 2, 3]}, r"wrong dtype; expected labels.*Received: float64"),
        ({"x_train": GOOD, "y_train": [0, 1, 2, -3]}, r"negative label.*Received: -3"),
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
    with pytest.raises(ValueError, match=r"x.csv is neither a .npz file nor a folder.*Received: '.*x.csv'"):
        data.load_arrays(tmp_path / "x.csv")
    with pytest.raises(FileNotFoundError, match=r"nothing at .*none.npz.*x_train.*Received: '.*none.npz'"):
        data.load_arrays(tmp_path / "none.npz")


def test_folder_of_classes_and_splits(tmp_path):
    made = {}
    for split, count in (("train", 6), ("test", 3)):
        for label, name in enumerate(("cat", "dog")):
            for i in range(count):
                made[split, label, i] = pixels(7, 5, 3)
                save(tmp_path / split / name / f"{i}.png", made[split, label, i])
    (tmp_path / "train" / "cat" / "notes.txt").write_text("not an image")
    (tmp_path / "train" / "cat" / "._0.png").write_text("what some systems leave beside an image")
    test = data.load_arrays(tmp_path, "test")
    assert test.class_names == ("cat", "dog")
    assert test.num_classes == 2
    assert test.labels.tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(test.images, [made["test", y, i] for y in (0, 1) for i in range(3)])
    train, held = (data.load_arrays(tmp_path, s, validation=4) for s in ("train", "validation"))
    assert (len(train), len(held)) == (8, 4)
    expected = {made["train", y, i].tobytes(): y for y in (0, 1) for i in range(6)}
    for part in (train, held):
        assert [expected.pop(x.tobytes()) for x in part.images] == part.labels.tolist()
    assert not expected


def test_flat_folder_is_split_by_itself_and_has_no_labels(tmp_path):
    for i in range(20):
        save(tmp_path / f"{i}.png", pixels(4, 4))
    train, test = data.load_arrays(tmp_path, "train"), data.load_arrays(tmp_path, "test")
    assert (len(train), len(test), train.labels) == (18, 2, None)
    assert train.image_shape == (4, 4, 1)
    assert not {x.tobytes() for x in train.images} & {x.tobytes() for x in test.images}


def test_folder_of_different_sizes_needs_a_size(tmp_path):
    save(tmp_path / "train" / "a.jpg", pixels(40, 30, 3))
    save(tmp_path / "train" / "b.png", pixels(20, 10))
    with pytest.raises(ValueError, match=r"differ in shape; pass size=.*Received: .*a.jpg \[40, 30, 3\], .*b.png"):
        data.load_arrays(tmp_path)
    with pytest.raises(ValueError, match=r"a.jpg: Padding cannot shrink images of \[40, 30\].*Received: size="):
        data.load_arrays(tmp_path, size=[16, 16])
    images = data.load_arrays(tmp_path, size=[16, 12], resize="bilinear", channels=3)
    assert images.images.shape == (2, 16, 12, 3)
    assert images.images.dtype == np.uint8


def test_kinds_of_image(tmp_path):
    """Sixteen bits, one bit, a palette, transparency and a camera's orientation come out as they look."""
    grey = pixels(6, 6)
    folder = tmp_path / "train"
    save(folder / "a16.png", grey.astype(np.uint16) * 257)
    save(folder / "b1.png", grey > 127)
    save(folder / "c_palette.gif", grey)
    alpha = np.where(grey > 127, 255, 0).astype(np.uint8)
    save(folder / "d_alpha.png", np.stack([grey, grey, grey, alpha], -1))
    turned = Image.Exif()
    turned[0x0112] = 3  # upside down
    save(folder / "e_turned.png", grey[::-1, ::-1].copy(), exif=turned)
    images = data.load_arrays(tmp_path, channels=1).images[..., 0]
    np.testing.assert_array_equal(images[0], grey)
    np.testing.assert_array_equal(images[1], np.where(grey > 127, 255, 0))
    np.testing.assert_array_equal(images[2], grey)
    np.testing.assert_array_equal(images[3], np.where(grey > 127, grey, 255))
    np.testing.assert_array_equal(images[4], grey)


def test_folders_that_will_not_do(tmp_path):
    with pytest.raises(ValueError, match=r"has no images; expected images in the folder.*Received: 0 files"):
        data.load_arrays(tmp_path)
    save(tmp_path / "train" / "a.png", pixels(4, 4))
    with pytest.raises(ValueError, match=r"has no test split, only train"):
        data.load_arrays(tmp_path, "test")
    save(tmp_path / "train" / "cats" / "a.png", pixels(4, 4))
    with pytest.raises(ValueError, match=r"both in itself and in sub-folders.*Received: a.png beside cats/"):
        data.load_arrays(tmp_path)
    (tmp_path / "train" / "a.png").unlink()
    (tmp_path / "train" / "cats" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    with pytest.raises(ValueError, match=r"b.png could not be read as an image.*Received: "):
        data.load_arrays(tmp_path)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "notes.npz").write_text("not an archive")
    np.save(tmp_path / "one", GOOD)
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    for name in ("notes", "one"):
        with pytest.raises(ValueError, match=r"Received: a file that is no \.npz archive"):
            data.load_arrays(tmp_path / f"{name}.npz")


def test_one_image_is_too_few_to_be_split(tmp_path):
    Image.new("L", (6, 6)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"too few images to hold some out\. Received: 1 image"):
        data.load_arrays(tmp_path)


@pytest.mark.parametrize(
    ("parts", "split"),
    [(("train", "test"), "test"), (("train",), "validation"), (("train", "validation"), "validation"), ((), "test")],
)
def test_a_model_is_measured_on_the_test_split_if_there_is_one(tmp_path, parts, split):
    np.savez(tmp_path / "a.npz", **({f"x_{part}": GOOD for part in parts} or {"x": GOOD}))
    assert data.evaluation_split(tmp_path / "a.npz") == split
    assert data.evaluation_split("digits", None, tmp_path / "a.npz") == split
