"""Files of pictures: which files are, and the pixels in one."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HEIC = (".heic", ".heif", ".hif")
SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".gif", *HEIC, ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm"),
    *(".pgm", ".png", ".pnm", ".ppm", ".psd", ".qoi", ".tga", ".tif", ".tiff", ".webp"),
)
# Pictures too, but not read here. (Of some cameras' raw files Pillow would give the thumbnail.)
UNREAD = (".arw", ".cr2", ".cr3", ".dng", ".exr", ".jxl", ".nef", ".orf", ".raf", ".rw2", ".svg")
_NEEDS = {
    **dict.fromkeys(HEIC, "HEIC is read with pillow-heif, which is not installed: pip install pillow-heif"),
    ".avif": "AVIF is read by Pillow 11.3 or newer",
    **dict.fromkeys(UNREAD, "this kind of file is not read: save it as PNG or JPEG"),
}


def picture_files(folder: Path, pattern: str = "*") -> list[Path]:
    """The files of pictures in a folder, whether they can be read or not, in order; hidden ones are passed over.

    Args:
        folder: the folder.
        pattern: which of its files, for `Path.glob`; "**/*" for those in its sub-folders as well.
    """
    kinds = SUFFIXES + UNREAD
    found = (file for file in folder.glob(pattern) if file.suffix.lower() in kinds and not file.is_dir())
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts))


def read_picture(file: Path) -> tuple[np.ndarray, int | None]:
    """The picture in a file, upright, transparency on white.

    Returns:
        (pixels, brightest): uint8 in 0..255, [h, w, 1] of a grey picture and [h, w, 3] of any other; and the greatest
        value, up to 65535, of a file with 16 bits a channel (about, for colours), None of one with fewer.

    Raises:
        ValueError: if the file cannot be read; the message is the reason.
    """
    suffix = file.suffix.lower()
    if suffix in UNREAD:
        raise ValueError(_NEEDS[suffix])
    if suffix in HEIC:
        _let_pillow_read_heic()
    try:
        with Image.open(file) as image:
            return _pixels(image)
    except Image.UnidentifiedImageError as error:
        missing = suffix not in Image.registered_extensions() and _NEEDS.get(suffix)
        raise ValueError(missing or "it is damaged, or no image") from error
    except Exception as error:  # a damaged file can raise nearly anything out of Pillow's readers
        raise ValueError(str(error) or type(error).__name__) from error


def _let_pillow_read_heic() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return
    register_heif_opener()


def _pixels(image: Image.Image) -> tuple[np.ndarray, int | None]:
    kind, mode = image.format, image.mode
    layout = " ".join(str(tile[3]) for tile in image.tile)  # of the values in the file, which Pillow may cut to 8 bits
    image = ImageOps.exif_transpose(image)
    if mode.startswith("I;16") or (mode == "I" and kind in ("PNG", "PPM")):
        values = np.asarray(image)[..., np.newaxis]  # Pillow's own conversion clips these to 255
        bits = 12 if "I;12" in layout else 16
        return (values >> (bits - 8)).astype(np.uint8), int(values.max()) if bits == 16 else None
    if mode in ("I", "F"):
        raise ValueError(f"more than 16 bits a pixel (mode {mode})")
    grey = mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    pixels = np.asarray(image.convert("L" if grey else "RGB"))
    cut = ";16" in layout or "65535" in layout  # to the upper byte of each value, which some readers round
    return pixels[..., np.newaxis] if grey else pixels, 255 * int(pixels.max()) if cut else None
