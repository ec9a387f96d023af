"""The task `disparity` and its head: how far each pixel moves between two eyes side by side."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mdf.core.colour import colourise
from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.head import Head
from mdf.core.summary import count_pixels
from mdf.core.task import Task

LARGEST = 64.0
"""Pixels; larger disparities cannot be predicted."""


class DisparityTask(Task):
    """Disparity in pixels, from 0 to `LARGEST`. Scaled values and fractions are disparity divided by `LARGEST`."""

    name = "disparity"
    unit = "px"

    def check_values(self, values: Tensor, unit: str) -> None:  # noqa: ARG002
        """Nothing lies behind the eyes."""
        wrong = values < 0
        if wrong.any():
            raise DataError(f"{count_pixels(wrong)} below 0", "mark them invalid, or exchange the two eyes")

    def values(self, logits: Tensor) -> Tensor:
        """Scaled disparity."""
        return logits.float().sigmoid()

    def scaled(self, target: Tensor) -> Tensor:
        """Pixels divided by `LARGEST`."""
        return target.float() / LARGEST

    def fraction(self, target: Tensor) -> Tensor:
        """The same, between 0 and 1."""
        return self.scaled(target).clamp(0.0, 1.0)

    def public(self, values: Tensor) -> Tensor:
        """Pixels."""
        return values * LARGEST

    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        """Colours from far (`limits[0]`) to near (`limits[1]`); invalid pixels black."""
        return colourise(values, limits).where(valid, torch.zeros((), dtype=torch.uint8))


class DisparityHead(Head):
    """One convolution to one logit.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×1×H×W; `DisparityTask` says which disparity they mean.
    """

    class Config(ComponentConfig):
        """No options."""

    Task: ClassVar[type[Task]] = DisparityTask

    def __init__(self, config: Config, channels: int) -> None:  # noqa: ARG002
        super().__init__()
        self.convolution = nn.Conv2d(channels, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.convolution(features)
        return logits
