"""Intrinsics of a camera, from the files that calibrations are kept in. Torch-free.

Read are YAML and JSON of `cv2.FileStorage`, ROS's camera_info (of its calibrator, or a message), Open3D's JSON, and
JSON, YAML or TOML of `fx fy cx cy width height`.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mdf.core.errors import DataError
from mdf.core.pinhole import Intrinsics
from mdf.inference.geometry.metric import check_fov

FORM = "give YAML or JSON of OpenCV's or ROS's calibration, or TOML of `fx fy cx cy width height` in pixels"
LARGEST = 100_000
"""Bytes of the largest file that is read; and the largest number in it."""
MOST = 16
"""Numbers of the longest list: a lens model of OpenCV has up to 14 coefficients."""

NAMES = ("fx", "fy", "cx", "cy")
WIDTHS, HEIGHTS = ("width", "image_width"), ("height", "image_height")
MATRICES = ("camera_matrix", "cameraMatrix", "intrinsic_matrix", "K", "k")
LENSES = ("distortion", "distortion_coefficients", "distCoeffs", "dist_coeffs", "D", "d")
MODELS = ("distortion_model", "camera_model")
PINHOLE = ("", "none", "pinhole", "plumb_bob", "rational_polynomial")
"""Models of lenses whose coefficients are OpenCV's."""
COUNTS = (0, 4, 5, 8)

Entries = Mapping[str, Any]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Plain YAML, and OpenCV's matrices as plain mappings."""


_Loader.add_constructor(
    "tag:yaml.org,2002:opencv-matrix", lambda loader, node: loader.construct_mapping(node, deep=True)
)


def intrinsics_of(fov: float | None, given: str | Path | Intrinsics | None, size: tuple[int, int]) -> Intrinsics | None:
    """The intrinsics of images of `size` (height, width), by the field of view or as given; None if neither is.

    Raises
        ConfigError: both are given, or the field of view is none.
        DataError: as `read_intrinsics`, or they are of images of another shape.
    """
    check_fov(fov, given is not None)
    if fov is not None:
        return Intrinsics.of_fov(fov, size)
    if given is None or isinstance(given, Intrinsics):
        return given and given.resized(size)
    return read_intrinsics(Path(given)).resized(size)


def read_intrinsics(path: Path) -> Intrinsics:
    """The intrinsics that a calibration file holds.

    Raises
        DataError: it cannot be read, something is missing, or what it says does not go together.
    """
    entries = _entries(path)
    width, height = (_whole(path, entries, names) for names in (WIDTHS, HEIGHTS))
    fx, fy, cx, cy = _pinhole(path, entries)
    if min(fx, fy) <= 0:
        raise DataError(f"{path}: the focal lengths are {fx:g} and {fy:g}, and must be above 0", FORM)
    if not (0 <= cx <= width and 0 <= cy <= height):
        raise DataError(
            f"{path}: the principal point ({cx:g}, {cy:g}) lies outside the image of {width}×{height} pixels",
            "give all values in pixels of the same image",
        )
    return Intrinsics(fx, fy, cx, cy, width, height, _distortion(path, entries))


def _entries(path: Path) -> Entries:
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path} is larger than 100 kB, and no calibration", FORM)
        text = path.read_text(encoding="utf-8-sig")
        found = _parsed(path.suffix.lower(), text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise DataError(f"{path} cannot be read as a calibration ({reason})", FORM) from error
    if not isinstance(found, Mapping):
        raise DataError(f"{path} holds no named values", FORM)
    return found


def _parsed(ending: str, text: str) -> object:
    if ending == ".toml":
        return tomllib.loads(text)
    if ending == ".json":
        return json.loads(text)
    if text.startswith("%YAML:"):  # OpenCV up to 4 writes `%YAML:1.0`, which is no YAML
        text = text.partition("\n")[2]
    return next((part for part in yaml.load_all(text, _Loader) if part is not None), None)


def _pinhole(path: Path, entries: Entries) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy: named, or in a matrix; where both are given they must be the same."""
    name = next((name for name in MATRICES if name in entries), None)
    named = [key for key in NAMES if key in entries]
    if name is None and len(named) < 4:
        missing = [key for key in NAMES if key not in entries]
        raise DataError(f"{path} holds no `{'`, `'.join(missing)}` and no camera matrix", FORM)
    given = [_number(path, key, entries[key]) for key in named]
    if name is None:
        return given[0], given[1], given[2], given[3]
    values = _of_matrix(path, name, _numbers(path, name, entries[name]))
    matrix = dict(zip(NAMES, values, strict=True))
    for key, value in zip(named, given, strict=True):
        if not math.isclose(value, matrix[key], rel_tol=1e-4):
            raise DataError(
                f"{path} contradicts itself: `{key}` is {value:g}, and {matrix[key]:g} in `{name}`",
                "leave one of them out",
            )
    return values


def _of_matrix(path: Path, name: str, values: list[float]) -> tuple[float, float, float, float]:
    if len(values) == 9 and (values[6] or values[7]):  # Open3D stores columns, one after the other
        values = [values[i] for i in (0, 3, 6, 1, 4, 7, 2, 5, 8)]
    if len(values) != 9 or any(values[i] for i in (1, 3, 6, 7)) or values[8] != 1:
        raise DataError(f"{path}: `{name}` is not a matrix of the form fx 0 cx, 0 fy cy, 0 0 1", FORM)
    return values[0], values[4], values[2], values[5]


def _distortion(path: Path, entries: Entries) -> tuple[float, ...]:
    name = next((name for name in LENSES if name in entries), None)
    values = [] if name is None else _numbers(path, name, entries[name])
    while len(values) > 8 and not any(values[8:]):  # thin prism and tilt, which are as a rule not used
        values = values[:8]
    if not any(values):
        return ()
    model = str(next((entries[key] for key in MODELS if key in entries), ""))
    if model.lower() not in PINHOLE or len(values) not in COUNTS:
        raise DataError(
            f"{path}: the lens model `{model or f'of {len(values)} coefficients'}` is not known "
            "(4, 5 or 8 coefficients of `plumb_bob` or `rational_polynomial` are)",
            "rectify the images, and give the intrinsics of the rectified ones",
        )
    return tuple(values)


def _whole(path: Path, entries: Entries, names: tuple[str, str]) -> int:
    found = {name: entries[name] for name in names if name in entries}
    if not found:
        raise DataError(
            f"{path} does not say the `{names[0]}` of its images", "add it in pixels: intrinsics scale with it"
        )
    numbers = {_number(path, name, value) for name, value in found.items()}
    number = numbers.pop()
    if numbers or number < 1 or number != int(number):
        told = ", ".join(f"`{name}` = {value}" for name, value in found.items())
        raise DataError(f"{path}: {told} is no size in pixels", "give one whole number above 0")
    return int(number)


def _numbers(path: Path, name: str, value: object) -> list[float]:
    """A list of numbers, a list of rows, or a matrix as OpenCV and ROS write it: with `rows`, `cols` and `data`."""
    if isinstance(value, Mapping):
        data = _numbers(path, name, value.get("data"))
        if math.prod(_number(path, name, value.get(side)) for side in ("rows", "cols")) != len(data):
            raise DataError(
                f"{path}: `{name}` says {value.get('rows')}×{value.get('cols')} and holds {len(data)} numbers", FORM
            )
        return data
    if not isinstance(value, list) or len(value) > MOST:
        raise DataError(f"{path}: `{name}` holds no list of numbers, at most {MOST}", FORM)
    rows = [row[:MOST] if isinstance(row, list) else [row] for row in value]
    return [_number(path, name, number) for row in rows for number in row]


def _number(path: Path, name: str, value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST
    if not is_number:
        told = repr(value)[:40] if isinstance(value, (int, float, str)) else f"a {type(value).__name__}"
        raise DataError(f"{path}: `{name}` holds {told}, which is no number of pixels or of a lens", FORM)
    return float(value)  # type: ignore[arg-type]
