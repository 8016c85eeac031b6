"""Files of pictures: the kinds that are read, those that are not, and how many bits they have."""

import struct
from importlib.util import find_spec

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


@pytest.mark.parametrize("suffix", [".jfif", ".JPE", ".avif", ".bmp", ".jp2", ".ppm", ".qoi", ".tga", ".tiff", ".webp"])
def test_formats_that_pillow_reads(tmp_path, suffix):
    image = np.repeat(np.repeat(pixels(2, 2, 3), 8, 0), 8, 1)
    kind = {".jfif": "JPEG", ".JPE": "JPEG"}.get(suffix)
    save(tmp_path / "train" / f"a{suffix}", image, format=kind)
    np.testing.assert_allclose(data.load_arrays(tmp_path).images[0, 3::8, 3::8], image[3::8, 3::8], atol=40)


@pytest.mark.skipif(find_spec("pillow_heif") is not None, reason="pillow-heif is installed")
def test_heic_without_its_reader_is_named_with_what_it_needs(tmp_path):
    save(tmp_path / "train" / "a.png", pixels(4, 4))
    (tmp_path / "train" / "b.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(ValueError, match=r"1 of 2 files.*Received: train/b.HEIC \(HEIC .* pip install pillow-heif\)"):
        data.load_arrays(tmp_path)
    with pytest.warns(UserWarning, match=r"left out: train/b.HEIC \(HEIC .*pillow-heif"):
        assert len(data.load_arrays(tmp_path, on_error="skip")) == 1


def test_heic_with_its_reader(tmp_path):
    pytest.importorskip("pillow_heif").register_heif_opener()
    save(tmp_path / "train" / "a.heic", np.full((32, 32, 3), 100, np.uint8), quality=95)
    np.testing.assert_allclose(data.load_arrays(tmp_path).images, 100, atol=3)


def test_pictures_that_nothing_reads_are_named(tmp_path):
    save(tmp_path / "train" / "a.png", pixels(4, 4))
    save(tmp_path / "train" / ".thumbnails" / "a.png", pixels(2, 2))
    for name in ("b.CR2", "c.svg"):  # a camera's raw file is a TIFF, of which Pillow would show the thumbnail
        save(tmp_path / "train" / name, pixels(4, 4), format="TIFF")
    (tmp_path / "train" / "d.jpg").symlink_to(tmp_path / "nowhere.jpg")
    with pytest.raises(ValueError, match=r"3 of 4 files.*train/b.CR2 \(.*save it as PNG.*train/c.svg.*train/d.jpg"):
        data.load_arrays(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_few_bits_in_a_16_bit_file_are_warned_of(tmp_path, suffix, bits):
    values = np.linspace(0, 2**bits - 1, 36).reshape(6, 6).astype(np.uint16)
    save(tmp_path / "train" / f"a{suffix}", values)
    save(tmp_path / "train" / f"b{suffix}", values // 2)
    save(tmp_path / "train" / f"c{suffix}", np.zeros((6, 6), np.uint16))
    with pytest.warns(
        UserWarning, match=rf"value is about {2**bits - 1} of 65535.* {bits}-bit values.* by {2 ** (16 - bits)}$"
    ):
        images = data.load_arrays(tmp_path).images
    np.testing.assert_array_equal(images[0, ..., 0], values >> 8)
    save(tmp_path / "train" / f"d{suffix}", values * np.uint16(2 ** (16 - bits)))
    np.testing.assert_array_equal(data.load_arrays(tmp_path).images[3, ..., 0], values >> (bits - 8))


def test_few_bits_in_16_bit_colours_are_warned_of(tmp_path):
    values = np.linspace(0, 4095, 48).reshape(4, 4, 3).astype(">u2")
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.ppm").write_bytes(b"P6 4 4 65535\n" + values.tobytes())
    with pytest.warns(UserWarning, match=r"about 4080 of 65535.* 12-bit values.* by 16$"):
        assert data.load_arrays(tmp_path).images.max() <= 16


def test_a_tiff_of_12_bits_a_pixel_is_read_as_such(tmp_path):
    values = np.array([[0, 4095], [2048, 256]], np.uint16)
    first, second = values[:, 0], values[:, 1]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], 1).astype(np.uint8).tobytes()
    tags = {256: 2, 257: 2, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 2, 279: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.tif").write_bytes(
        struct.pack("<2sHI", b"II", 42, 8 + len(packed)) + packed + struct.pack("<H", len(tags)) + entries + bytes(4)
    )
    assert data.load_arrays(tmp_path).images[0, ..., 0].tolist() == [[0, 255], [128, 16]]


def test_one_dark_image_is_an_image_and_a_folder_of_zeros_and_ones_is_refused(tmp_path):
    save(tmp_path / "train" / "a.png", np.eye(4, dtype=np.uint8))
    with pytest.raises(ValueError, match=r"only 0 and 1 \(almost black\)"):
        data.load_arrays(tmp_path)
    save(tmp_path / "train" / "b.png", np.full((4, 4), 200, np.uint8))
    assert data.load_arrays(tmp_path).images[..., 0].max((1, 2)).tolist() == [1, 200]
