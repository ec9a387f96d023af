"""Reads depth maps: converts stored numbers to metres or relative depth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.image import open_image
from mdf.core.image_formats import ENDINGS
from mdf.core.orientation import UPRIGHT, orientation_of, tag_of, turned
from mdf.plugins.datasets.files.arrays import ARRAYS, array_type, read_array
from mdf.plugins.datasets.files.exr import exr_size, read_exr
from mdf.plugins.datasets.files.levels import (
    CODED,
    INT32,
    Stored,
    check_coded,
    coded_levels,
    kind_of,
    largest_of,
    not_one_number,
    stored_levels,
)
from mdf.plugins.datasets.files.truth import Header, Orientation, placed, refuse_unclear

Depth = np.ndarray[Any, np.dtype[np.float32]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

DEPTH_ENDINGS = (*ENDINGS, ".exr", ".pfm", *ARRAYS)
MILLIMETRE = 0.001
CARLA = 1000 / CODED
"""Metres per step of depth that is coded in colours."""
INFINITE = 1e9
"""Numbers from here on are not a distance in metres: Blender writes 1e10 where there is nothing."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else value


class DepthOptions(ComponentConfig):
    """How stored numbers become depth."""

    depth_unit: Literal["metre", "relative"] = Field(
        "metre", description="Unit of the depth: metres along the viewing axis, or relative depth without a unit."
    )
    depth_scale: float | None = Field(
        None,
        gt=0,
        description="Depth = stored number × scale. None = 0.001 for 16-bit levels (millimetres), 1 for floats, "
        "1 / largest level for relative depth.",
    )
    depth_from: Literal["numbers", "colours"] = Field(
        "numbers",
        description="What is stored: one number per pixel, or a 24-bit number in the colours of each pixel (red + "
        "256 × green + 65536 × blue, as CARLA does). The largest 24-bit number is 1000 m, unless `depth_scale` is "
        "set.",
    )
    invert: bool = Field(False, description="Larger levels are nearer: depth = (largest level - level) × scale.")
    invalid_value: Annotated[tuple[float, ...], BeforeValidator(_listed)] = Field(
        (),
        description="Stored numbers that mean `not measured`, one or several (`[65535]`). In metres, NaN, infinity and "
        "numbers that are not above 0 are never valid.",
    )
    baseline: float | None = Field(
        None, gt=0, description="For disparities: metres between the two cameras. Depth = baseline × focal / disparity."
    )
    focal: float | None = Field(None, gt=0, description="For disparities: focal length in pixels.")
    rotated_bits: int = Field(
        0, ge=0, lt=16, description="Number of bits by which 16-bit levels were rotated to the left: 3 for SUN RGB-D."
    )
    depth_orientation: Orientation | None = Field(
        None,
        description="How depth maps are stored if their photos have an EXIF rotation: `upright`, as people see the "
        "photo, or `stored`, as the photo's file stores it. None = what the sizes show.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.baseline is None) != (self.focal is None):
            raise ValueError("a disparity needs both `baseline` and `focal`")
        if self.baseline is not None and (self.invert or self.depth_unit == "relative"):
            raise ValueError("a disparity becomes metres: leave out `invert` and `depth_unit`")
        if self.depth_from == "colours" and (self.rotated_bits or self.baseline is not None):
            raise ValueError("depth coded in colours is neither rotated nor a disparity")
        return self

    def depth_units(self) -> dict[str, str]:
        """The data set's `units`."""
        return {"depth": "m" if self.depth_unit == "metre" else "relative"}


def check_depth(path: Path, options: DepthOptions) -> None:
    """Raise `DataError` if the file's header shows that these options do not fit it."""
    scale_of(path, largest_level(path, options.depth_from == "colours"), options)


def largest_level(path: Path, coded: bool = False) -> int:
    """The largest level of the file's number type, from its header; 0 for floats; `coded`: numbers coded in colours.

    Raises
        DataError: it cannot be read, or holds more than one number a pixel.
    """
    ending = path.suffix.lower()
    if coded and (ending in ARRAYS or ending == ".exr"):
        raise DataError(f"{path} holds no colours, in which depth could be coded.", "Leave depth_from out.")
    if ending == ".exr":
        exr_size(path)
        return 0
    if ending in ARRAYS:
        return _largest_of(path, array_type(path))
    with open_image(path) as image:
        if coded:
            check_coded(path, image)
            return CODED
        largest = largest_of(image)
        if largest is None:
            raise not_one_number(path, kind_of(image))
        return largest


def read_stored(path: Path, coded: bool = False) -> tuple[Stored, bool]:
    """What the file stores, as people see it, and whether it had its own EXIF rotation.

    `coded`: numbers coded in colours.

    Raises
        DataError: it cannot be read, or holds more than one number a pixel.
    """
    ending = path.suffix.lower()
    if coded:
        largest_level(path, coded)
    if ending == ".exr":
        return Stored(read_exr(path), 0), False
    if ending in ARRAYS:
        return _array(path), False
    with open_image(path) as image:
        orientation, tagged = orientation_of(image), tag_of(image) != UPRIGHT
        stored = coded_levels(path, image) if coded else stored_levels(path, image)
    return Stored(turned(stored.values, orientation), stored.largest), tagged


def read_depth(path: Path, options: DepthOptions, size: tuple[int, int] | Header, like: str) -> tuple[Depth, Flags]:
    """Depth (H×W float32, in the options' unit, 0 where invalid) and validity (H×W bool), as people see the frame.

    Raises
        DataError: the depth cannot be read, or is not of `size` (height and width, or a photo's header), the size of
            `like`.
    """
    stored, tagged = read_stored(path, options.depth_from == "colours")
    photo = size if isinstance(size, Header) else Header(size)
    values = placed(stored.values, photo, tagged, options.depth_orientation, path, like)
    return as_depth(path, Stored(values, stored.largest), options)


def as_depth(path: Path, stored: Stored, options: DepthOptions) -> tuple[Depth, Flags]:
    """Depth and validity of what a file stores. Raises DataError if the options do not fit it."""
    values, scale = stored.values, scale_of(path, stored.largest, options)
    if options.rotated_bits and values.dtype == np.uint16:
        values = values >> options.rotated_bits | values << (16 - options.rotated_bits)
    valid = np.isfinite(values)
    for invalid in options.invalid_value:
        valid &= values != invalid
    metric = options.depth_unit == "metre"
    if metric:
        valid &= values > 0
    if options.baseline is not None and options.focal is not None:
        with np.errstate(divide="ignore"):
            exact = options.baseline * options.focal / (values * np.float64(scale))
    else:
        exact = _inverted(values, stored.largest, options) * np.float64(scale)  # 3000 × 0.001 is 3, not 3.0000002
    with np.errstate(over="ignore"):
        depth = exact.astype(np.float32)
    if metric:
        valid &= (depth > 0) & (depth < INFINITE)
    if not valid.all():
        depth[~valid] = 0
    return depth, valid


def read_metres(path: Path, scale: float, size: tuple[int, int] | Header, like: str) -> tuple[Depth, Flags]:
    """Depth of a sensor (H×W float32) and validity. Metres = level × `scale`; floats are metres; 0 is not measured.

    Raises
        DataError: as `read_depth`, as `check_metres`.
    """
    floats = check_metres(path)
    if isinstance(size, Header):
        refuse_unclear(size, path, "depth", "")
    return read_depth(path, DepthOptions(depth_scale=1.0 if floats else scale), size, like)


def check_metres(path: Path) -> bool:
    """Whether the file holds floats. Raises `DataError` if it holds neither floats nor 16-bit levels."""
    largest = largest_level(path)
    if 0 < largest <= 255:
        raise DataError(
            f"{path} has 8 bits; mdf reads depth from 16 bits or floats.",
            "Restore the sensor's own depth image (16-bit PNG or TIFF; float TIFF, EXR, NPY or PFM in metres).",
        )
    return largest == 0


def scale_of(path: Path, largest: int, options: DepthOptions) -> float:
    """Depth per stored number. Raises DataError if neither options nor file define it."""
    if options.invert and largest in (0, INT32):
        raise DataError(
            f"{path} holds numbers without a largest one, and `invert` subtracts from that.", "Leave `invert` out."
        )
    if options.depth_scale is not None:
        return options.depth_scale
    if largest == 0 or options.baseline is not None:
        return 1.0
    if options.depth_unit == "relative":
        return 1 / largest
    if largest == CODED:
        return CARLA
    if largest == INT32:
        raise DataError(
            f"{path} stores depth as signed or 32-bit whole numbers: the file does not say how many metres one is.",
            "Set depth_scale (0.001 for millimetres).",
        )
    if largest <= 255:
        raise DataError(
            f"{path} stores depth in 8 bits: the file does not say how many metres a level is.",
            "Set depth_scale (e.g. 10 m / 255 = 0.0392), or depth_unit to relative; of depth that CARLA codes in "
            "colours, set depth_from to colours.",
        )
    return MILLIMETRE


def _inverted(values: NDArray[Any], largest: int, options: DepthOptions) -> NDArray[Any]:
    return largest - values if options.invert else values


def _array(path: Path) -> Stored:
    array = read_array(path)
    largest = _largest_of(path, array.dtype)
    if largest == 0:
        return Stored(array.astype(np.float32), 0)
    return Stored(array if array.dtype in (np.uint8, np.uint16) else array.astype(np.int64), largest)


def _largest_of(path: Path, kind: np.dtype[Any]) -> int:
    if kind == np.bool_:
        raise DataError(f"{path} holds true and false, no depth.", "Save the depth as floats in metres.")
    if kind.kind == "f":
        return 0
    return {1: 255, 2: 65535}.get(kind.itemsize, INT32)
