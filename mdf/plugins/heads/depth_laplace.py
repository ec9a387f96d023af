"""The depth head that also tells how unsure it is, pixel by pixel."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from mdf.core.head import Head
from mdf.core.task import Task
from mdf.plugins.heads.depth import DepthHeadConfig, DepthTask

LEAST, MOST = -7.0, 2.0
"""Where ln of the expected error, in scales, is held: from a thousandth of the scale to seven of it."""
FIRST = -2.0
"""What an untrained head tells: about a seventh of the scale."""


class LaplaceDepthTask(DepthTask):
    """Depth whose error is expected to follow a Laplace distribution: a second logit is ln of its scale b."""

    spread_channels: ClassVar[int] = 1

    def values(self, logits: Tensor) -> Tensor:
        """Scaled depth, of the first logit."""
        return super().values(logits[:, : self.channels])

    def log_spread(self, logits: Tensor) -> Tensor:
        """ln of the expected absolute error in scales, float32, from `LEAST` to `MOST`."""
        return logits[:, self.channels :].float().clamp(LEAST, MOST)


class LaplaceDepthHead(Head):
    """One convolution to two logits.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×2×H×W; `LaplaceDepthTask` says what they mean.
    """

    class Config(DepthHeadConfig):
        """Options of the depth head that tells how unsure it is."""

    Task: ClassVar[type[Task]] = LaplaceDepthTask

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 2, config.kernel_size, padding=config.kernel_size // 2)
        assert self.convolution.bias is not None
        with torch.no_grad():
            self.convolution.bias[1] = FIRST

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.convolution(features)
        return logits
