"""Image files that may be anything: size-checked before they are decoded, upright, one clear error each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.orientation import orientation_of, turned, upright_size
from mdf.core.sixteen_bit import Limits, as_bytes, deep_colours, deep_grey, is_deep, maximum_of

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM", "AVIF")
"""What Pillow opens; `HEIF` too where pillow-heif is installed."""
READ = "JPEG, PNG, TIFF, BMP, WebP, GIF, PGM, PPM, AVIF and HEIC"

MAX_PIXELS = 64_000_000
"""Larger images are refused unread: a small file can unpack to gigabytes."""
HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis")


def image_size(path: Path) -> tuple[int, int]:
    """(height, width) as people see it, from the file's header.

    Raises
        DataError: it is missing, no image, or larger than `MAX_PIXELS`.
    """
    with open_image(path) as image:
        return upright_size(image)


def check_size(path: Path, size: tuple[int, int], like: str) -> None:
    """Raise `DataError` unless the file's header says that it is of `size` (height, width), that of `like`."""
    check_same(path, image_size(path), size, like)


def read_image(
    path: Path, mode: str, size: tuple[int, int] | None = None, like: str = "", limits: Limits | None = None
) -> Pixels:
    """The pixels as people see them, turned as the camera was held (EXIF), palettes resolved: H×W×3 uint8 for mode
    `RGB`, H×W×4 for `RGBA`, H×W for `L`.

    `size`, where it is given, is the (height, width) that it must have, that of `like`. Levels of more than 8 bits
    become 8 between `limits`; None = the upper 8 of 16.

    Raises
        DataError: as `image_size`; not of that size; damaged or cut short; of 32-bit levels without `limits`.
    """
    with open_image(path) as image:
        if size:
            check_same(path, upright_size(image), size, like)
        orientation = orientation_of(image)
        pixels = _deep(path, image, mode, limits) if is_deep(image) else _plain(path, image, mode)
    return np.ascontiguousarray(turned(pixels, orientation))


def upright(what: Path | str, image: Image.Image, limits: Limits | None = None) -> Pixels:
    """An open image as `read_image` gives it in mode `RGB`; `what` names it in errors.

    Raises
        DataError: larger than `MAX_PIXELS`; it cannot be decoded; of 32-bit levels without `limits`.
    """
    check_pixels(what, image)
    orientation = orientation_of(image)
    grey = image.mode[0] in "IF"
    pixels = _grey(what, image, "RGB", limits) if grey else _plain(what, image, "RGB")
    return np.ascontiguousarray(turned(pixels, orientation))


def check_same(what: Path | str, found: tuple[int, int], wanted: tuple[int, int], like: str) -> None:
    """Raise `DataError` unless both sizes (height, width) are one."""
    if found != wanted:
        turned_hint = (
            "One of the two is turned on its side: its EXIF tag says otherwise than its file is stored. "
            if found == wanted[::-1]
            else ""
        )
        raise DataError(
            f"{what} is {found[1]}×{found[0]} pixels, {like} {wanted[1]}×{wanted[0]}.",
            f"{turned_hint}Images that belong together need one size: restore the original file, or scale it to that "
            "size.",
        )


def check_pixels(what: Path | str, image: Image.Image) -> None:
    """Raise `DataError` where an image has more than `MAX_PIXELS`."""
    if image.width * image.height > MAX_PIXELS:
        raise too_large(what, f"{image.width}×{image.height}")


def open_image(path: Path) -> Image.Image:
    """The image with only its header read. Raises as `image_size`."""
    try:
        image = Image.open(path, formats=_formats())
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing.", "Restore the file or check the path.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's limit is the higher one
        raise too_large(path, "far too many") from error
    except Exception as error:  # a damaged header makes the parsers raise nearly anything
        raise _unopened(path, error) from error
    try:
        check_pixels(path, image)
        _check_one(path, image)
    except DataError:
        image.close()
        raise
    return image


def load(what: Path | str, image: Image.Image) -> None:
    """Decode an image in place. Raises DataError where it is damaged or cut short."""
    try:
        image.load()
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        raise _unreadable(what, error) from error


def _plain(what: Path | str, image: Image.Image, mode: str) -> Pixels:
    load(what, image)
    try:
        return np.asarray(image if image.mode == mode else image.convert(mode), dtype=np.uint8)
    except Exception as error:
        raise _unreadable(what, error) from error


def _deep(path: Path, image: Image.Image, mode: str, limits: Limits | None) -> Pixels:
    """An image of more than 8 bits a channel, as 8 bits."""
    if image.mode[0] in "IF":
        return _grey(path, image, mode, limits)
    if limits is None:
        return _plain(path, image, mode)
    with open_image(path) as again:
        load(path, image)
        levels = deep_colours(image, again)
    if levels is None:
        raise DataError(
            f"{path} has colours of 16 bit in a form ({image.format}, {image.mode}) whose levels cannot be read.",
            "Save it as 16-bit RGB PNG or TIFF, or set frame_range to full.",
        )
    return _plain(path, Image.fromarray(as_bytes(levels, limits)), mode)


def _grey(what: Path | str, image: Image.Image, mode: str, limits: Limits | None) -> Pixels:
    maximum = None if limits is None else maximum_of(image)  # of all its levels, scaled ones are as good
    load(what, image)
    sixteen = image.mode.startswith("I;16") or (image.format == "PPM" and image.mode == "I")
    if limits is None and not sixteen:
        raise DataError(
            f"{what} is an image of 32-bit levels, which have no defined value range.",
            "Scale its levels to 8 or 16 bit before you give it; of a data set, set frame_range to two levels.",
        )
    return _plain(what, Image.fromarray(as_bytes(deep_grey(image, maximum), limits)), mode)


@cache
def _formats() -> tuple[str, ...]:
    try:
        import pillow_heif  # an extra
    except ImportError:
        return FORMATS
    pillow_heif.register_heif_opener()
    return (*FORMATS, "HEIF")


def _check_one(path: Path, image: Image.Image) -> None:
    """Raise DataError where the file holds several pictures, an animation or pages. Smaller pages are previews."""
    if image.format not in ("GIF", "TIFF", "WEBP", "PNG", "AVIF"):
        return
    try:
        count, size = getattr(image, "n_frames", 1), image.size
        if count > 1 and image.format == "TIFF":
            image.seek(1)
            count = 1 if image.width * image.height < size[0] * size[1] else count
            image.seek(0)
    except Exception as error:
        raise _unreadable(path, error) from error
    if count > 1:
        raise DataError(
            f"{path} holds {count} pictures (an animation, or pages).",
            "Save the image that you need as its own file.",
        )


def too_large(what: Path | str, pixels: str) -> DataError:
    """The error that an image of more than `MAX_PIXELS` is."""
    return DataError(
        f"{what} declares {pixels} pixels; more than {MAX_PIXELS // 1_000_000} megapixels are not decoded.",
        "Scale the image down, or remove it if it is not what it claims to be.",
    )


def _unopened(path: Path, error: Exception) -> DataError:
    """Why Pillow cannot open a file, by its first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as failed:
        return _unreadable(path, failed)
    if head[4:8] == b"ftyp" and any(brand in head[8:] for brand in HEIC) and "HEIF" not in _formats():
        return DataError(
            f"{path} is a HEIC photo, and pillow-heif is not installed.",
            'Install it: `pip install "mask-depth-framework[heif]"`; or save the photo as JPEG.',
        )
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return DataError(
            f"{path} is a TIFF of numbers that are not read (64-bit or 16-bit floats, or 32-bit colours).",
            "Save it as TIFF of 8-bit or 16-bit integers, or of 32-bit floats.",
        )
    return _unreadable(path, error)


def _unreadable(what: Path | str, error: Exception) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(
        f"{what} cannot be read as an image ({reason}).",
        f"The file may be cut short: download or extract it again ({READ} are read).",
    )
