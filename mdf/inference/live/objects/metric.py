"""What predicted depths mean: metres where the depth of the empty scene is known. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.errors import DataError
from mdf.core.image import load, open_image
from mdf.core.sink import Floats
from mdf.inference.live.objects.follow import Scale

MILLIMETRE = 0.001
FORM = "give metres as a .npy of H×W floats, or millimetres as a 16-bit grey PNG; 0 or NaN = unknown"


@dataclass(frozen=True, slots=True)
class Metric:
    """The known depth of the empty scene, h×w metres at the network's size (NaN = unknown; None = no depth is known),
    and the field of view across the picture in degrees."""

    depth: Floats | None
    fov: float | None
    aspect: float

    def scale(self, predicted: Floats | None) -> Scale:
        """The scale at which the network predicts `predicted`, h×w, for the empty scene: one factor, the median."""
        if self.depth is None or predicted is None:
            return Scale(fov=self.fov, aspect=self.aspect)
        ratios = (self.depth / np.maximum(predicted, 1e-6))[np.isfinite(self.depth) & (predicted > 0)]
        return Scale("m", float(np.median(ratios)) if len(ratios) else 1.0, self.fov, self.aspect)


def read_depth(path: Path, size: tuple[int, int]) -> Floats:
    """Depth of the empty scene in metres at `size` (height, width), by the nearest pixel; NaN where it is unknown.

    Raises
        DataError: it cannot be read, is no depth map, or holds no depth.
    """
    metres = _read(path)
    if metres.ndim != 2:
        raise DataError(f"{path} holds an array of shape {metres.shape}, not one depth map", FORM)
    metres[~(np.isfinite(metres) & (metres > 0))] = np.nan
    if not np.isfinite(metres).any():
        raise DataError(f"{path} holds no depth above 0", FORM)
    rows = ((np.arange(size[0]) + 0.5) * metres.shape[0] / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * metres.shape[1] / size[1]).astype(int)
    small: Floats = metres[np.ix_(rows, columns)]
    return small


def _read(path: Path) -> Floats:
    if path.suffix.lower() == ".npy":
        try:
            return np.array(np.load(path, allow_pickle=False), np.float32)
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read as an array ({error})", FORM) from error
    with open_image(path) as image:
        load(path, image)
        if not (image.mode.startswith("I;16") or image.mode == "I"):
            raise DataError(f"{path} has 8 bits a pixel, which are no millimetres", FORM)
        return np.asarray(image, np.float32) * MILLIMETRE
