"""Which way up an image is stored: the EXIF orientation, and pixels turned by it."""

from __future__ import annotations

from typing import IO, TypeVar

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

UPRIGHT = 1
TAG = 0x0112
ON_ITS_SIDE = (5, 6, 7, 8)
"""Orientations that swap height and width."""

Kind = TypeVar("Kind", bound=np.generic)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation (1–8) that is still to be applied to the decoded pixels; 1 where there is none.

    Pillow turns TIFF and pillow-heif turns HEIC while they decode: of these it is 1.
    """
    return UPRIGHT if image.format in ("TIFF", "HEIF") else tag_of(image)


def tag_of(image: Image.Image) -> int:
    """The EXIF orientation (1–8) that the file's header gives; 1 where it gives none, or is damaged."""
    try:
        tag = _exif_of(image).get(TAG, UPRIGHT)
    except Exception:  # a damaged EXIF block makes its parser raise nearly anything, and tells no turn
        return UPRIGHT
    return tag if isinstance(tag, int) and 1 <= tag <= 8 else UPRIGHT


def _exif_of(image: Image.Image) -> Image.Exif:
    if not isinstance(image, PngImageFile) or image.fp is None:
        return image.getexif()
    if "exif" not in image.info and (block := _png_chunk(image.fp, b"eXIf")):
        image.info["exif"] = b"Exif\0\0" + block
    return Image.Image.getexif(image)  # PNG's own decodes the whole picture to see what stands behind it


def _png_chunk(file: IO[bytes], kind: bytes) -> bytes:
    """The first chunk of that kind, wherever it stands in a PNG file; b"" where there is none."""
    place = file.tell()
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big")
            if head[4:] == kind:
                return file.read(length)
            file.seek(length + 4, 1)
        return b""
    finally:
        file.seek(place)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(height, width) as people see the image, from its header."""
    size = image.height, image.width
    return size[::-1] if orientation_of(image) in ON_ITS_SIDE else size


def turned(
    pixels: np.ndarray[tuple[int, ...], np.dtype[Kind]], orientation: int
) -> np.ndarray[tuple[int, ...], np.dtype[Kind]]:
    """Stored pixels (H×W or H×W×C) as people see them; a view."""
    if orientation in ON_ITS_SIDE:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
