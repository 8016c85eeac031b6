"""Grids of images and labelled rows: pixels, sizes, files and errors."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from unizoo import data

LINE, PAPER = 218, 255


def _images(n=5, height=4, width=6, channels=1, seed=0):
    return np.random.default_rng(seed).random((n, height, width, channels), dtype=np.float32)


def _digits(n):
    """n of scikit-learn's digits, [n, 8, 8] in [0, 1]."""
    from sklearn.datasets import load_digits

    return load_digits().images[:n] / 16.0


def test_every_image_stands_in_its_cell_unchanged():
    images = (_images(channels=3) * 255).astype(np.uint8)
    grid = data.image_grid(images, columns=3, padding=1)
    assert grid.shape == (2 * 4 + 3, 3 * 6 + 4, 3)
    assert grid.dtype == np.uint8
    for index, image in enumerate(images):
        top, left = 1 + index // 3 * 5, 1 + index % 3 * 7
        np.testing.assert_array_equal(grid[top : top + 4, left : left + 6], image)


def test_lines_are_grey_and_empty_cells_white():
    grid = data.image_grid(np.zeros((3, 4, 6), np.uint8), columns=2, padding=2)
    assert set(np.unique(grid)) == {0, LINE, PAPER}
    assert (grid[:2, :] == LINE).all()
    assert (grid[:, :2] == LINE).all()
    assert (grid[6:8, :] == LINE).all()  # between the rows, over the empty cell too
    assert (grid[8:, 10:] == PAPER).all()


def test_scale_repeats_pixels_and_interpolates_nothing():
    images = _images(2)
    small, large = data.image_grid(images, padding=0, columns=2), data.image_grid(images, padding=0, columns=2, scale=3)
    np.testing.assert_array_equal(large, small.repeat(3, 0).repeat(3, 1))


def test_floats_are_rounded_to_the_nearest_level():
    values = np.array([0.0, 0.4 / 255, 0.6 / 255, 0.5, 1.0]).reshape(1, 1, 5)
    assert data.image_grid(values, padding=0).ravel().tolist() == [0, 0, 1, 128, 255]


@pytest.mark.parametrize(
    "images", [_images(6), _images(6)[..., 0], _images(6) > 0.5, (_images(6) * 255).astype("uint8")]
)
def test_kinds_of_grey_images(images):
    assert data.image_grid(images, columns=3, padding=2).shape == (2 * 6 + 2, 3 * 8 + 2, 1)


def test_tensors_are_taken():
    tf = pytest.importorskip("tensorflow")
    images = _images()
    np.testing.assert_array_equal(data.image_grid(tf.constant(images)), data.image_grid(images))


@pytest.mark.parametrize(
    ("n", "shape", "columns"), [(64, (28, 28), 8), (16, (10, 40), 2), (16, (40, 10), 8), (1, (4, 9), 1)]
)
def test_columns_make_the_picture_nearly_square(n, shape, columns):
    assert data.image_grid(np.zeros((n, *shape), np.uint8), padding=0).shape[1] == columns * shape[1]


def test_a_saved_grid_of_64_digits_is_about_700_pixels_wide(tmp_path):
    images = np.zeros((64, 28, 28), np.uint8)
    path = data.save_grid(images, tmp_path / "new" / "samples.png")
    assert path == tmp_path / "new" / "samples.png"
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.mode == "L"
        assert picture.size == (690, 690)
        np.testing.assert_array_equal(np.asarray(picture), data.image_grid(images, scale=3)[..., 0])
    assert [file.name for file in path.parent.iterdir()] == ["samples.png"]  # nothing half-written is left


def test_colours_survive_the_file(tmp_path):
    images = _images(channels=3)
    with Image.open(data.save_grid(images, str(tmp_path / "noise.png"), scale=2)) as picture:
        np.testing.assert_array_equal(np.asarray(picture), data.image_grid(images, scale=2))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = data.save_grid(_images(), tmp_path / "a.png")
    before = path.read_bytes()

    def full_disk(self, content):
        self.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        data.save_grid(_images(seed=1), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_encoded_png_is_the_picture():
    grid = data.image_grid(_images(channels=3))
    with Image.open(io.BytesIO(data.encode_png(grid))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), grid)


def _left_margin(picture, block_width):
    return picture[:, : picture.shape[1] - block_width]


def test_labelled_rows_put_a_label_beside_each_block():
    originals, blurred = _digits(6), _digits(6) * 0.5
    picture = data.labelled_grid({"original": originals, "reconstruction": blurred}, scale=4)
    first, second = (data.image_grid(images, columns=6, scale=4).repeat(3, -1) for images in (originals, blurred))
    height, width = first.shape[:2]
    np.testing.assert_array_equal(picture[:height, -width:], first)
    np.testing.assert_array_equal(picture[-height:, -width:], second)
    margin = _left_margin(picture, width)
    assert margin[:height].min() < 50  # dark text beside the first block
    assert margin[-height:].min() < 50
    assert (margin[:, 0] == PAPER).all()  # and none of it is cut off
    assert (margin[:, -1] == PAPER).all()


def test_labels_have_greek_letters_and_line_breaks():
    def text_of(label):
        return _left_margin(data.labelled_grid({label: _digits(2)}, scale=8), 2 * 66 + 2)

    theta, eta, two_lines = text_of("θ"), text_of("η"), text_of("θ\nθ")
    assert theta.shape != eta.shape or (theta != eta).any()  # a font without them draws one same box
    dark_rows = np.flatnonzero((two_lines < 128).any(axis=(1, 2)))
    assert (np.diff(dark_rows) > 1).sum() == 1


def test_rows_of_unequal_number_and_channels():
    picture = data.labelled_grid({"grey": _images(3), "colour": _images(5, channels=3)}, scale=1)
    assert picture.shape[-1] == 3
    block = data.image_grid(_images(5, channels=3), columns=5)
    at = np.flatnonzero((picture[:, -block.shape[1] :] != PAPER).any(axis=(1, 2)))[-block.shape[0]]
    np.testing.assert_array_equal(picture[at : at + block.shape[0], -block.shape[1] :], block)


def test_a_large_set_takes_several_lines():
    tall = data.labelled_grid({"a": np.zeros((20, 4, 4), np.uint8)}, scale=1)
    flat = data.labelled_grid({"a": np.zeros((16, 4, 4), np.uint8)}, scale=1)
    assert tall.shape[1] == flat.shape[1]
    columns = data.labelled_grid({"a": np.zeros((20, 4, 4), np.uint8)}, columns=2, scale=1)
    assert columns.shape[0] == 10 * 6 + 2


@pytest.mark.parametrize(
    "write", [lambda i, p, t: data.save_grid(i, p, title=t), lambda i, p, t: data.labelled_rows({"a": i}, p, title=t)]
)
def test_a_title_stands_above_the_picture(write, tmp_path):
    images = _digits(4)
    with Image.open(write(images, tmp_path / "plain.png", None)) as picture:
        plain = np.asarray(picture.convert("RGB"))
    title = "A title that is wider than the picture below it is, and is not cut off at either end"
    with Image.open(write(images, tmp_path / "titled.png", title * 2)) as picture:
        titled = np.asarray(picture)
    head = titled[: len(titled) - len(plain)]
    assert head.min() < 50
    assert (head[:, [0, -1]] == PAPER).all()
    left = (titled.shape[1] - plain.shape[1]) // 2
    np.testing.assert_array_equal(titled[len(head) :, left : left + plain.shape[1]], plain)


@pytest.mark.parametrize(
    ("captions", "columns_each"), [("abc", 1), (("cat", "dog", "T-shirt and top"), 1), (("cat", "dog"), 3)]
)
def test_captions_stand_above_the_columns(captions, columns_each):
    columns = len(captions) * columns_each
    options = {"columns": columns, "padding": 2, "scale": 5}
    plain = data.image_grid(_digits(2 * columns), **options)
    picture = data.image_grid(_digits(2 * columns), **options, captions=captions)
    head = picture[: len(picture) - len(plain)]
    np.testing.assert_array_equal(picture[len(head) :], plain.repeat(3, axis=-1))
    room = (picture.shape[1] - 2) // len(captions)
    for index in range(len(captions)):  # each in the middle of its own columns
        inked = np.flatnonzero((head[:, 1 + index * room : 1 + (index + 1) * room] < 128).any(axis=(0, 2)))
        assert abs((inked[0] + inked[-1] + 1) / 2 - room / 2) < 4
    turned = max(map(len, captions)) > 10
    assert (len(head) > 60) == turned
    if turned:  # every caption ends at the picture
        assert (head[-15:, :room] < 128).any()
        assert (head[:40, :room] == PAPER).all()


@pytest.mark.parametrize(
    ("images", "arguments", "message"),
    [
        (np.zeros((4, 4, 4)), {"columns": 4, "captions": ("a", "b", "c")}, r"one for each column.*Received: 3 for 4"),
        (np.zeros((4, 4, 4)), {"columns": 4, "captions": ()}, r"one for each column.*Received: 0 for 4"),
        (np.zeros((4, 4)), {}, r"wrong shape.*Received: shape \[4, 4\]"),
        (np.zeros((2, 4, 4, 2)), {}, r"wrong shape.*Received: shape \[2, 4, 4, 2\]"),
        (np.zeros((0, 4, 4)), {}, "no images.*Received"),
        (np.full((1, 4, 4), 255.0), {}, "out of range.*Received: float64 from 255 to 255"),
        (np.full((1, 4, 4), np.nan), {}, "out of range.*Received: float64 from nan"),
        (np.zeros((1, 4, 4), complex), {}, "wrong dtype.*Received: complex128"),
        (np.zeros((1, 4, 4)), {"columns": 0}, "`columns`.*Received: columns=0"),
        (np.zeros((1, 4, 4)), {"padding": -1}, "`padding`.*Received: padding=-1"),
        (np.zeros((1, 4, 4)), {"scale": 1.5}, "`scale`.*Received: scale=1.5"),
        (np.zeros((1, 4, 4)), {"scale": 0}, "`scale`.*Received: scale=0"),
    ],
)
def test_bad_images_and_arguments_are_refused(images, arguments, message):
    with pytest.raises(ValueError, match=message):
        data.image_grid(images, **arguments)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, r"one entry at least. Received: \[\]"),
        ([np.zeros((1, 4, 4))], "Received: list"),
        ({"": np.zeros((1, 4, 4))}, "not empty.*Received"),
        ({"a": np.zeros((1, 4, 4)), "b": np.zeros((1, 4, 5))}, r"one height and width. Received: .*\(4, 5\)"),
        ({"a": np.zeros((1, 4, 4)), "b": np.full((1, 4, 4), 2.0)}, r"rows\['b'\].*Received: float64 from 2 to 2"),
    ],
)
def test_bad_rows_are_refused(rows, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        data.labelled_rows(rows, tmp_path / "rows.png")
    assert not list(tmp_path.iterdir())


def test_only_png_is_written(tmp_path):
    for write in (
        lambda path: data.save_grid(_images(), path),
        lambda path: data.labelled_rows({"a": _images()}, path),
    ):
        with pytest.raises(ValueError, match=r"end in \.png.*Received: .*samples\.jpg"):
            write(tmp_path / "samples.jpg")


def test_drawing_needs_no_tensorflow():
    draw = "import sys, numpy; from unizoo import data; data.labelled_grid({'a': numpy.zeros((1, 2, 2))})"
    subprocess.run([sys.executable, "-c", f"{draw}; assert 'tensorflow' not in sys.modules"], check=True)
