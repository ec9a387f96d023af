"""What predicted depths mean: metres where the depth of the empty scene is known. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdf.core.pinhole import Intrinsics
from mdf.core.sink import Floats
from mdf.inference.background_depth import METRE
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

        The depths of a network that does not follow it get one factor, the median over the picture. Where nothing of
        `known` is known any more, depths are relative.
        """
        relative = Scale(camera=self.camera, aspect=self.aspect)
        if known is None or predicted is None or not np.isfinite(known).any():
            return relative
        if self.guided:
            return Scale(METRE, 1.0, self.camera, self.aspect)
        ratios = (known / np.maximum(predicted, 1e-6))[np.isfinite(known) & (predicted > 0)]
        return Scale(METRE, float(np.median(ratios)), self.camera, self.aspect) if len(ratios) else relative
