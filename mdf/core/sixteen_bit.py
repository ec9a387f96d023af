"""Images of more than 8 bits a channel: their stored levels, and the 8 bits that networks read.

Pillow decodes colours of 16 bits to their upper 8 and scales greys of other ranges; depth and thermal levels must
survive as they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

Limits = tuple[int, int]
"""The levels that become black and white."""
FrameRange = Literal["full", "percentile"] | Limits
"""How levels of more than 8 bits become 8: all of 16 bits, a data set's own range, or from one level to another."""

MIN_IS_WHITE = 0
PHOTOMETRIC = 262


def raw_mode(image: Image.Image) -> str:
    """How the file stores a pixel, in Pillow's words, e.g. `RGB;16B`; the mode where that is not known."""
    tile = _tile(image)
    args = tile.args if tile else None
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else image.mode


def maximum_of(image: Image.Image) -> int | None:
    """The largest level that a PGM or PPM file declares, if Pillow scales its levels; else None."""
    tile = _tile(image)
    if tile is None or tile.codec_name not in ("ppm", "ppm_plain") or not isinstance(tile.args, tuple):
        return None
    return int(tile.args[1]) if len(tile.args) > 1 else None


def _tile(image: Image.Image) -> ImageFile._Tile | None:
    """Where the first part of an image that is not yet decoded lies in its file, and how it is stored."""
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return tiles[0] if tiles else None


def is_deep(image: Image.Image) -> bool:
    """Whether a channel has more than 8 bits."""
    return image.mode[0] in "IF" or ";16" in raw_mode(image) or (maximum_of(image) or 0) > 255


def is_white_at_zero(image: Image.Image) -> bool:
    """Whether a TIFF says that its level 0 is white."""
    tags: Mapping[int, object] = getattr(image, "tag_v2", {})
    return image.format == "TIFF" and tags.get(PHOTOMETRIC) == MIN_IS_WHITE


def deep_grey(image: Image.Image, maximum: int | None = None) -> NDArray[Any]:
    """The levels of a decoded grey image of more than 8 bits as people see it: H×W uint16, int32 or float32.

    `maximum` is what `maximum_of` said before it was decoded: Pillow has scaled the levels from it to 65535.
    """
    levels = np.asarray(image)
    if maximum is not None:
        return np.rint(levels * (maximum / 65535)).astype(np.uint16)
    levels = levels.astype(np.uint16) if image.mode.startswith("I;16") else levels
    return 65535 - levels if image.mode.startswith("I;16") and is_white_at_zero(image) else levels


def deep_colours(image: Image.Image, again: Image.Image) -> NDArray[np.uint16] | None:
    """The levels of a colour image of 16 bits, H×W×C uint16; None where its format gives Pillow no way to them.

    `image` and `again` are two openings of the file, the second one not yet decoded.

    Pillow knows how to take the upper byte of either byte order: read as the other one, it is the lower byte. A PPM's
    levels, which it scales, stand as they are behind its header.
    """
    if maximum_of(again) is not None:
        return _ppm_levels(again)
    mode, _, order = raw_mode(again).partition(";16")
    if mode not in ("RGB", "RGBA") or order not in ("B", "L", "N") or not isinstance(again, ImageFile.ImageFile):
        return None
    other = f"{mode};16{'L' if order == 'B' else 'B'}"
    again.tile = [t._replace(args=(other, *t.args[1:]) if isinstance(t.args, tuple) else other) for t in again.tile]
    upper, lower = np.asarray(image, np.uint16), np.asarray(again, np.uint16)
    levels: NDArray[np.uint16] = upper * np.uint16(256) + lower
    return levels


def _ppm_levels(image: Image.Image) -> NDArray[np.uint16] | None:
    tile = _tile(image)
    if tile is None or tile.codec_name != "ppm" or image.mode != "RGB" or not hasattr(image, "fp"):
        return None
    image.fp.seek(tile.offset)
    data = image.fp.read(image.height * image.width * 6)
    if len(data) < image.height * image.width * 6:
        return None
    return np.frombuffer(data, ">u2").reshape(image.height, image.width, 3).astype(np.uint16)


def as_bytes(levels: NDArray[Any], limits: Limits | None) -> NDArray[np.uint8]:
    """Levels as 8 bits: between `limits`, or (None) the upper 8 of 16."""
    if limits is None:
        return (levels >> 8).astype(np.uint8)
    low, high = limits
    share = (levels.astype(np.float32) - low) / max(high - low, 1)
    return np.nan_to_num(np.clip(share, 0, 1) * 255).round().astype(np.uint8)


def limits_of(options: Mapping[str, object]) -> Limits | None:
    """The limits that a data set's stored options hold as `frame_range`; None where frames use all of 16 bits."""
    stored = options.get("frame_range")
    if isinstance(stored, (list, tuple)) and len(stored) == 2:
        return int(stored[0]), int(stored[1])
    return None
