"""What predicted depths mean: metres where the depth of the empty scene is known. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.pinhole import Intrinsics
from mdf.core.sink import Floats
from mdf.inference.background_depth import METRE, background_depth
from mdf.inference.live.objects.scale import Scale


@dataclass(frozen=True, slots=True)
class Metric:
    """Gives depths their unit.

    Attributes:
        guided: whether the network follows a known depth of the empty scene, and predicts metres then.
        camera: the intrinsics of the frames; None = unknown.
        aspect: the picture's width by its height.
    """

    guided: bool
    camera: Intrinsics | None
    aspect: float

    def scale(self, known: Floats | None, predicted: Floats | None) -> Scale:
        """The scale of depths, where `predicted`, h×w, is what the network says of the empty scene, and `known` its
        known depth, h×w metres, NaN = unknown.

        The depths of a network that does not follow it get one factor, the median over the picture.
        """
        if known is None or predicted is None:
            return Scale(camera=self.camera, aspect=self.aspect)
        if self.guided:
            return Scale(METRE, 1.0, self.camera, self.aspect)
        ratios = (known / np.maximum(predicted, 1e-6))[np.isfinite(known) & (predicted > 0)]
        return Scale(METRE, float(np.median(ratios)) if len(ratios) else 1.0, self.camera, self.aspect)


def read_depth(path: Path, frame_size: tuple[int, int], size: tuple[int, int]) -> Floats:
    """Depth of the empty scene in metres at `size` (height, width), by the nearest pixel; NaN where it is unknown.

    Raises DataError as `background_depth`: it must be of the size of the camera's frames.
    """
    metres = background_depth(path, frame_size)
    rows = ((np.arange(size[0]) + 0.5) * metres.shape[0] / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * metres.shape[1] / size[1]).astype(int)
    small: Floats = metres[np.ix_(rows, columns)]
    return small
