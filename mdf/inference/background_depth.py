"""The known depth of the empty scene, as people give it: read from a file, checked, given a unit. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import ConfigError, DataError
from mdf.core.image import check_same, load, open_image

DepthLike: TypeAlias = "str | Path | NDArray[Any]"
Depths = NDArray[np.float32]
METRE = "m"
MILLIMETRE = 0.001
FORM = (
    "give metres as a .npy of H×W floats or a 32-bit float TIFF, or millimetres as a 16-bit grey PNG or TIFF; "
    "0 or NaN = unknown"
)


def background_depth(given: DepthLike, size: tuple[int, int] | None = None) -> Depths:
    """Depth of the empty scene along the viewing axis in metres: H×W float32, NaN where it is unknown.

    `given` is a file or an array H×W in metres; `size` is (height, width) of the background, which it must have.

    Raises
        DataError: it cannot be read, is no depth map, holds no depth, or is of another size.
    """
    name = str(given) if isinstance(given, (str, Path)) else "the background's depth"
    metres = _read(Path(given)) if isinstance(given, (str, Path)) else np.array(given, np.float32)
    if metres.ndim != 2:
        raise DataError(f"{name} holds an array of shape {metres.shape}, not one depth map", FORM)
    metres[~(np.isfinite(metres) & (metres > 0))] = np.nan
    if not np.isfinite(metres).any():
        raise DataError(f"{name} holds no depth above 0", FORM)
    if size is not None:
        check_same(name, (metres.shape[0], metres.shape[1]), size, "the background")
    return metres


def check_guided(reads_depth: bool, model: str) -> None:
    """Raise ConfigError where a network reads no depth of the empty scene."""
    if not reads_depth:
        raise ConfigError(
            f"{model} reads no depth of the empty scene",
            "leave out the background's depth; or train a network that reads it: `--set fusion.name=aligned --set "
            "fusion.guided=true --set heads.depth.encoding=log --set heads.depth.guided=true`",
        )


def _read(path: Path) -> Depths:
    if path.suffix.lower() == ".npy":
        try:
            return np.array(np.load(path, allow_pickle=False), np.float32)
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read as an array ({error})", FORM) from error
    with open_image(path) as image:
        load(path, image)
        if image.mode == "F":
            return np.array(image, np.float32)
        if not (image.mode.startswith("I;16") or image.mode == "I"):
            raise DataError(f"{path} has 8 bits a pixel, which are no millimetres", FORM)
        return np.asarray(image, np.float32) * MILLIMETRE
