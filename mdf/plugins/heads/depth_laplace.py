"""The depth head that also predicts an uncertainty for every pixel."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from mdf.core.head import Head
from mdf.core.task import Task
from mdf.plugins.heads.depth import DepthHeadConfig, DepthTask

LOWEST, HIGHEST = -7.0, 2.0
"""Limits of ln(expected error), with the error in scales: from about 0.001 to about 7 scales."""
INITIAL = -2.0
"""ln(expected error) of an untrained head: about 0.14 scales."""


class LaplaceDepthTask(DepthTask):
    """Depth whose error follows a Laplace distribution with scale b. The second logit is ln b, in scales."""

    spread_channels: ClassVar[int] = 1

    def values(self, logits: Tensor) -> Tensor:
        """Scaled depth, from the first logit."""
        return super().values(logits[:, : self.channels])

    def log_spread(self, logits: Tensor) -> Tensor:
        """ln of the expected absolute error in scales, float32, between `LOWEST` and `HIGHEST`."""
        return logits[:, self.channels :].float().clamp(LOWEST, HIGHEST)


class LaplaceDepthHead(Head):
    """One convolution to two logits.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×2×H×W; `LaplaceDepthTask` turns them into scaled depth and its expected error.
    """

    class Config(DepthHeadConfig):
        """Options of the depth head with uncertainty."""

    Task: ClassVar[type[Task]] = LaplaceDepthTask

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 2, config.kernel_size, padding=config.kernel_size // 2)
        assert self.convolution.bias is not None
        with torch.no_grad():
            self.convolution.bias[1] = INITIAL

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.convolution(features)
        return logits
