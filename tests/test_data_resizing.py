"""Sizes and channels, and what is said of them."""

import numpy as np
import pytest
from unizoo import data


@pytest.fixture(scope="module")
def digits():
    return data.load_arrays("digits", "test").images


def test_padding_centres_on_black(digits):
    padded = data.load_arrays("digits", "test", size=[13, 10])
    assert padded.image_shape == (13, 10, 1)
    np.testing.assert_array_equal(padded.images[:, 2:10, 1:9], digits)
    assert padded.images.sum() == pytest.approx(digits.sum(dtype=np.float64), rel=1e-6)


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos3"])
def test_resizing_keeps_range_and_content(digits, method):
    large = data.resize_images(digits, [28, 28], method, margin=3)
    assert large.shape == (297, 28, 28, 1)
    assert large.dtype == np.float32
    assert large.min() == 0
    assert large.max() <= 1
    assert large[:, 3:25, 3:25].sum() > 0.94 * large.sum()  # a blurred edge reaches a little into the margin
    # Shrunk again, the digit within the margin is the one it came from.
    again = data.resize_images(large[:, 3:25, 3:25], [8, 8], method)
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(again, digits, strict=True)]
    assert min(likeness) > 0.9
    # It is centred: turning the digit turns the picture.
    turned = data.resize_images(digits[:, ::-1, ::-1], [28, 28], method, margin=3)
    np.testing.assert_allclose(turned[:, ::-1, ::-1], large, atol=1e-5)
    whole = data.resize_images(digits, [28, 28], method)
    assert whole.mean() == pytest.approx(digits.mean(), rel=0.06)


def test_resizing_uint8_rounds_and_does_not_wrap():
    step = np.zeros((3000, 4, 4, 3), np.uint8)
    step[:, :, 2:] = 255
    large = data.resize_images(step, [16, 12], "bicubic")
    assert large.dtype == np.uint8
    assert large.shape == (3000, 16, 12, 3)
    assert large[..., :3, :].max() == 0  # an overshoot that wrapped would be 250 or so
    assert large[..., 9:, :].min() == 255
    np.testing.assert_array_equal(data.resize_images(step, [4, 4]), step)


def test_channels_are_converted_both_ways(tmp_path):
    colour = np.zeros((4, 5, 5, 3), np.uint8)
    colour[0], colour[1, ..., 0], colour[2, ..., 1] = 255, 255, 255
    np.savez(tmp_path / "c.npz", x_train=colour)
    grey = data.load_arrays(tmp_path / "c.npz", channels=1)
    assert grey.images.dtype == np.uint8
    assert grey.images[:, 0, 0, 0].tolist() == [255, 76, 150, 0]  # 0.299 and 0.587 of 255
    repeated = data.load_arrays("digits", "test", channels=3)
    assert repeated.image_shape == (8, 8, 3)
    np.testing.assert_array_equal(repeated.images[..., :1], repeated.images[..., 2:])


@pytest.mark.parametrize("resize", data.RESIZINGS)
def test_a_size_need_not_be_square(resize):
    images = data.load_arrays("digits", "test", size=(12, 20), resize=resize)
    assert images.image_shape == (12, 20, 1)
    batch = next(iter(data.load("digits", "test", size=(12, 20), resize=resize, batch_size=3)))
    assert batch.shape == (3, 12, 20, 1)
    assert images.changes == f"8x8 is {'padded with black' if resize == 'pad' else 'scaled'} to 12x20" + (
        "" if resize == "pad" else ", which changes the proportions"
    )


@pytest.mark.parametrize(
    ("shapes", "image_shape", "sentence"),
    [
        ([(28, 28, 1)], (28, 28, 1), None),
        ([(28, 28, 3)], (28, 28, 1), "colour images are made grey"),
        ([(28, 28, 1), (28, 28, 3)], (28, 28, 3), "grey images are made colour, of three equal channels"),
        ([(8, 8, 1), (28, 28, 1)], [28, 28, 1], "8x8 is scaled to 28x28"),
        (
            [(64, 48, 3)],
            (28, 28, 1),
            "colour images are made grey; 64x48 is scaled to 28x28, which changes the proportions",
        ),
        ([[9, 9, 1], [12, 12, 1], [40, 40, 1]], (6, 6, 1), "images of 3 sizes, 9x9 to 40x40, are scaled to 6x6"),
    ],
)
def test_what_fitting_changes_is_said(shapes, image_shape, sentence):
    assert data.describe_fitting(shapes, image_shape) == sentence


def test_images_say_what_was_changed(tmp_path):
    assert data.load_arrays("digits", "test").changes is None
    fitted = data.load_arrays("digits", "test", **data.fitted_to((28, 28, 3)))
    assert fitted.changes == data.describe_fitting([(8, 8, 1)], (28, 28, 3))
    np.savez(tmp_path / "c.npz", x_train=np.zeros((4, 6, 6, 3), np.uint8))
    assert data.load_arrays(tmp_path / "c.npz", channels=1).changes == "colour images are made grey"
