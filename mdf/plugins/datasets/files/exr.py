"""OpenEXR depth maps: one channel of floats, by the library of its authors (an extra)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS, too_large

HALF_INFINITE = 65504.0
"""The largest number that 16-bit floats hold: what is farther is written as it."""


def exr_size(path: Path) -> tuple[int, int]:
    """(height, width) from the file's header.

    Raises
        DataError: OpenEXR is not installed; the file is missing, damaged or too large.
    """
    with _opened(path, header_only=True) as file:
        (left, top), (right, bottom) = (np.asarray(corner).tolist() for corner in file.header()["dataWindow"])
    height, width = bottom - top + 1, right - left + 1
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise too_large(path, f"{width}×{height}")
    return height, width


def read_exr(path: Path) -> NDArray[np.float32]:
    """The depth channel, H×W float32; what is infinitely far for 16-bit floats is infinite.

    Raises
        DataError: as `exr_size`; it has several channels, and none is called as depth.
    """
    exr_size(path)
    with _opened(path, header_only=False) as file:
        try:
            channels: dict[str, NDArray[Any]] = {name: c.pixels for name, c in file.channels().items()}
        except Exception as error:
            raise _damaged(path, error) from error
    pixels = channels[_depth_channel(path, channels)]
    if pixels.ndim == 3:
        if pixels.shape[2] > 1 and (pixels[..., :3] != pixels[..., :1]).any():
            raise _several(path, ("R", "G", "B"))
        pixels = pixels[..., 0]
    depth = pixels.astype(np.float32)
    if pixels.dtype == np.float16:
        depth[depth >= HALF_INFINITE] = np.inf
    return depth


def _depth_channel(path: Path, channels: Iterable[str]) -> str:
    names = list(channels)
    if len(names) == 1:
        return names[0]
    depth = [n for n in names if n in ("Z", "depth", "Depth") or n.endswith((".Z", "Depth.V", "depth.V"))]
    if len(depth) == 1:
        return depth[0]
    raise _several(path, names)


def _several(path: Path, names: Iterable[str]) -> DataError:
    return DataError(
        f"{path} has the channels {', '.join(names)}. The file does not say which one is depth.",
        "Save the depth alone, or call its channel Z.",
    )


def _opened(path: Path, header_only: bool) -> Any:
    try:
        import OpenEXR  # an extra
    except ImportError as error:
        raise DataError(
            f"{path} is an EXR file, and OpenEXR is not installed.",
            'Install it: `pip install "mask-depth-framework[exr]"`; or save the depth as float TIFF, NPY or PFM.',
        ) from error
    if not path.is_file():
        raise DataError(f"{path} is missing.", "Restore the file or check the path.")
    try:
        return OpenEXR.File(str(path), separate_channels=False, header_only=header_only)
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} cannot be read as an EXR file ({error}).", "The file may be cut short: export or copy it again."
    )
