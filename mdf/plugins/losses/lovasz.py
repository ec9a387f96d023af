"""Lovász hinge: a convex stand-in for the intersection over union itself."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss


class LovaszLoss(Loss):
    """The Lovász extension of 1 − IoU at the hinge errors 1 − logit·(±1).

    Source: M. Berman, A. Triki, M. Blaschko, “The Lovász-Softmax loss”, CVPR 2018 (arXiv:1705.08790),
    algorithm 1.

    Reads
        prediction: N×C×H×W float32 logits, unbounded.
        target: N×C×H×W float32, foreground where it is at least 0.5; anything (NaN too) where invalid.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0: of each image (each channel), or of all as one, averaged over those with a valid pixel.
    """

    class Config(ComponentConfig):
        """What the IoU is taken of."""

        per_image: bool = Field(True, description="The IoU of each image, or of the whole batch as one.")

    config: Config
    reads = "logits"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        prediction = prediction.float().where(valid, 0.0)
        truth = ((target >= 0.5) & valid).float()
        # what has no error above 0 costs nothing, wherever it is sorted in: so have invalid pixels
        errors = torch.relu(1.0 - prediction * (2.0 * truth - 1.0)).where(valid, 0.0)
        channels, pixels = errors.shape[1], errors.shape[-2] * errors.shape[-1]
        shape = (-1, pixels) if self.config.per_image else (channels, -1)
        errors, truth, known = (x.transpose(0, 1).reshape(shape) for x in (errors, truth, valid.expand_as(errors)))
        errors, order = errors.sort(dim=-1, descending=True)
        losses = (errors * _slopes(truth.gather(-1, order))).sum(-1)
        return losses.sum() / known.any(-1).sum().clamp(min=1)


def _slopes(truth: Tensor) -> Tensor:
    """The gradient of the Lovász extension, for truths 0/1 sorted by falling error: rows×P."""
    foreground = truth.sum(-1, keepdim=True)
    missed = foreground - truth.cumsum(-1)
    loss = 1.0 - missed / (foreground + (1.0 - truth).cumsum(-1))
    return loss.diff(dim=-1, prepend=torch.zeros_like(foreground))
