"""What predicted depths mean: metres where the depth of the empty scene is known. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.sink import Floats
from mdf.inference.background_depth import background_depth
from mdf.inference.live.objects.follow import Scale


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

    Raises DataError as `background_depth`.
    """
    metres = background_depth(path)
    rows = ((np.arange(size[0]) + 0.5) * metres.shape[0] / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * metres.shape[1] / size[1]).astype(int)
    small: Floats = metres[np.ix_(rows, columns)]
    return small
