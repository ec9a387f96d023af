"""Lovász hinge: a convex replacement for 1 − IoU."""

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
        target: N×C×H×W float32, foreground if at least 0.5; anything (NaN too) where invalid.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0: the mean over images and channels with a valid pixel, or one value for the whole batch.
    """

    class Config(ComponentConfig):
        """Pixels that share one IoU."""

        per_image: bool = Field(True, description="true: one IoU per image; false: one IoU for the whole batch.")

    config: Config
    reads = "logits"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        prediction = prediction.float().where(valid, 0.0)
        truth = ((target >= 0.5) & valid).float()
        # an error of 0 costs nothing, whatever its rank: so invalid pixels get an error of 0
        errors = torch.relu(1.0 - prediction * (2.0 * truth - 1.0)).where(valid, 0.0)
        channels, pixels = errors.shape[1], errors.shape[-2] * errors.shape[-1]
        shape = (-1, pixels) if self.config.per_image else (channels, -1)
        errors, truth, valid = (x.transpose(0, 1).reshape(shape) for x in (errors, truth, valid.expand_as(errors)))
        errors, order = errors.sort(dim=-1, descending=True)
        losses = (errors * _lovasz_gradient(truth.gather(-1, order))).sum(-1)
        return losses.sum() / valid.any(-1).sum().clamp(min=1)


def _lovasz_gradient(truth: Tensor) -> Tensor:
    """The gradient of the Lovász extension, rows×P. `truth` holds 0 or 1, sorted by descending error."""
    foreground = truth.sum(-1, keepdim=True)
    missed = foreground - truth.cumsum(-1)
    loss = 1.0 - missed / (foreground + (1.0 - truth).cumsum(-1))
    return loss.diff(dim=-1, prepend=torch.zeros_like(foreground))
