"""OpenEXR depth maps: one channel of floats, read with the library OpenEXR (an extra)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS, too_large

HALF_INFINITE = 65504.0
"""The largest 16-bit float. Larger distances are written as this number."""

WINDOWS = ("dataWindow", "displayWindow")
"""Where a file has pixels, and what is shown; a cropped rendering has fewer."""


def exr_size(path: Path) -> tuple[int, int]:
    """(height, width) of the whole picture (its display window), from the file's header.

    Raises
        DataError: OpenEXR is not installed; the file is missing, damaged or too large.
    """
    with _opened(path, header_only=True) as file:
        windows = [_window(path, part.header, name) for part in file.parts for name in WINDOWS]
    return windows[1].size


def read_exr(path: Path) -> NDArray[np.float32]:
    """The depth channel, H×W float32. The largest 16-bit float becomes infinite. Places without a pixel in the file are
    NaN.

    Raises
        DataError: as `exr_size`; it has several channels, and none has a name for depth; it holds no floats.
    """
    whole = np.full(exr_size(path), np.nan, np.float32)
    with _opened(path, header_only=False) as file:
        windows = [
            [_window(path, part.header, name) for name in ("dataWindow", "displayWindow")] for part in file.parts
        ]
        try:
            parts = [{name: channel.pixels for name, channel in part.channels.items()} for part in file.parts]
        except Exception as error:
            raise _damaged(path, error) from error
    number, name = _depth_channel(path, [(n, name) for n, channels in enumerate(parts) for name in channels])
    depth, (data, display) = _one_channel(path, parts[number][name]), windows[number]
    if depth.shape != data.size:
        raise DataError(f"{path} stores its depth with fewer pixels than it shows.", "Save it with all of them.")
    top, left = data.top - display.top, data.left - display.left
    into = whole[max(top, 0) : max(top + data.height, 0), max(left, 0) : max(left + data.width, 0)]
    above, before = max(-top, 0), max(-left, 0)
    into[:] = depth[above : above + into.shape[0], before : before + into.shape[1]]
    return whole


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of the plane in which EXR's pixels lie."""

    top: int
    left: int
    height: int
    width: int

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.width


def _window(path: Path, header: Mapping[str, Any], name: str) -> _Window:
    (left, top), (right, bottom) = (np.asarray(corner).tolist() for corner in header[name])
    height, width = bottom - top + 1, right - left + 1
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise too_large(path, f"{width}×{height}")
    return _Window(top, left, height, width)


def _one_channel(path: Path, pixels: NDArray[Any]) -> NDArray[np.float32]:
    if pixels.ndim == 3:
        if pixels.shape[2] > 1 and (pixels[..., :3] != pixels[..., :1]).any():
            raise _several(path, ("R", "G", "B"))
        pixels = pixels[..., 0]
    if pixels.dtype.kind != "f":
        raise DataError(
            f"{path} stores whole numbers: it does not say how many metres one is.",
            "Save the depth as floats in metres.",
        )
    depth = pixels.astype(np.float32)
    if pixels.dtype == np.float16:
        depth[depth >= HALF_INFINITE] = np.inf
    return depth


def _depth_channel(path: Path, channels: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """The number of the part and the name of the depth channel."""
    if len(channels) == 1:
        return channels[0]
    depth = [(n, c) for n, c in channels if c in ("Z", "depth", "Depth") or c.endswith((".Z", "Depth.V", "depth.V"))]
    if len(depth) == 1:
        return depth[0]
    raise _several(path, [name for _, name in channels])


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
