"""Predicts the known depth of the empty scene. A baseline for networks, which see no depth at all."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.sample import Batch
from mdf.plugins.predictors.mean_depth import MeanDepth


class BackgroundDepth(MeanDepth):
    """Predicts that the scene is empty: the known depth of each sample's empty scene, at the native size.

    Pixels whose background depth is unknown get the prediction of `mean-depth`.
    """

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`depth`: N×1×H×W float32 in the data set's unit, at the size of the known depth."""
        background = batch.known["background_depth"]
        mean = super().predict(batch)["depth"]
        mean = F.interpolate(mean, size=background.shape[-2:], mode="bilinear", align_corners=False)
        return {"depth": torch.where(background.isnan(), mean, background)}
