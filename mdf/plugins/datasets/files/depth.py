"""Depth maps stored as grey images: from levels to metres or relative values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.plugins.datasets.files.image import largest_level, read_levels

Depth = np.ndarray[Any, np.dtype[np.float32]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

MILLIMETRE = 0.001


class DepthOptions(ComponentConfig):
    """How stored levels become depth."""

    depth_unit: Literal["metre", "relative"] = Field(
        "metre", description="Unit of the depth: metres along the viewing axis, or a relative one."
    )
    depth_scale: float | None = Field(
        None,
        gt=0,
        description="Level × scale = depth; None = 0.001 (millimetres) for 16-bit metres, else 1 / largest level.",
    )
    invert: bool = Field(False, description="Larger levels are nearer: depth is (largest level - level) × scale.")
    invalid_value: int | None = Field(
        None, description="Level that means no measurement; None = 0 for metre, none for relative; -1 = none."
    )

    def depth_units(self) -> dict[str, str]:
        """The data set's `units`."""
        return {"depth": "m" if self.depth_unit == "metre" else "relative"}


def check_depth(path: Path, options: DepthOptions) -> None:
    """Raise `DataError` where the file's header shows that these options cannot be meant for it."""
    _scale(path, largest_level(path), options)


def read_depth(path: Path, options: DepthOptions, size: tuple[int, int], like: str) -> tuple[Depth, Flags]:
    """Depth (H×W float32, in the options' unit, 0 where invalid) and validity (H×W bool).

    Raises
        DataError: the file is no readable depth of `size` (height, width), that of `like`.
    """
    levels, largest = read_levels(path, size, like)
    scale = _scale(path, largest, options)
    invalid = options.invalid_value
    if invalid is None:
        invalid = 0 if options.depth_unit == "metre" else -1
    valid = levels != invalid
    depth = np.multiply(largest - levels if options.invert else levels, np.float32(scale), dtype=np.float32)
    if not valid.all():
        depth[~valid] = 0
    return depth, valid


def read_metres(path: Path, scale: float, size: tuple[int, int], like: str) -> tuple[Depth, Flags]:
    """Depth of a sensor (H×W float32, metres = level × `scale`) and validity: level 0 is no measurement.

    Raises
        DataError: as `read_depth`, as `check_metres`.
    """
    check_metres(path)
    return read_depth(path, DepthOptions(depth_scale=scale), size, like)


def check_metres(path: Path) -> None:
    """Raise `DataError` unless the file's header says that it is of 16 bit, as a sensor's depth is."""
    if largest_level(path) == 255:
        raise DataError(
            f"{path} is of 8 bit; depth is read from 16 bit.", "Restore the sensor's own depth image (16-bit PNG)."
        )


def _scale(path: Path, largest: int, options: DepthOptions) -> float:
    if options.depth_scale is not None:
        return options.depth_scale
    if options.depth_unit == "relative":
        return 1 / largest
    if largest == 255:
        raise DataError(
            f"{path} stores depth in 8 bit, and nothing says how many metres a level is.",
            "Set depth_scale (e.g. 10 m / 255 = 0.0392), or depth_unit to relative.",
        )
    return MILLIMETRE
