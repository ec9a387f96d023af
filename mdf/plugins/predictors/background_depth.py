"""The depth of the empty scene, where the data know it: what a network that sees no depth at all is measured by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.sample import Batch
from mdf.plugins.predictors.mean_depth import MeanDepth


class BackgroundDepth(MeanDepth):
    """Predicts that nothing is there: each sample's known depth of its empty scene, at the native size.

    A pixel where that is not known gets what `mean-depth` says.
    """

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`depth`: N×1×H×W float32 in the data set's unit, H and W those of the known depth."""
        known = batch.known["background_depth"]
        mean = super().predict(batch)["depth"]
        mean = F.interpolate(mean, size=known.shape[-2:], mode="bilinear", align_corners=False)
        return {"depth": torch.where(known.isnan(), mean, known)}
