"""Fusion `aligned`: takes out what light and small camera motions change between both images, then compares them."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion
from mdf.plugins.fusions.alignment.light import fit_light
from mdf.plugins.fusions.alignment.motion import fit_motion

SHRINK = 4
"""Light and motion are fitted on means over so many pixels in each direction."""
STEEPNESS = 2.0
FLAT = 0.01
"""Variance, in squared deviations of the background, below which a window has no texture to correlate."""


class AlignedFusion(Fusion):
    """An encoder of ten channels: background, frame in the light of the background, and where the two differ.

    1. Each colour channel of the frame gets one gain and one offset, so that it looks like the background.
    2. With `motion`, the background is shifted and turned to where the camera looks in this frame.
    3. The channels are: background (3), frame (3), the largest absolute difference of their colours (through tanh), the
       normalised cross-correlation over a window, and the contrast of both images in that window. A shadow keeps the
       texture below it, an object does not.
    4. If `guided`, two more channels say how deep the empty scene is, and where that was measured.

    Gain, offset and motion are found by iteratively reweighted least squares, so objects hardly count.
    """

    class Config(ComponentConfig):
        """The window of the correlation, and what is aligned."""

        window: int = Field(7, ge=3, le=31, description="side of the correlated windows in pixels, odd, at half size")
        motion: bool = Field(True, description="also take out a small shift and turn of the camera")
        guided: bool = Field(False, description="also read the depth of the empty scene where it is known")

    encoder_channels: ClassVar[int] = 10

    def __init__(self, config: Config, features: FeatureSpec) -> None:
        super().__init__()
        self.features = features
        self.window = config.window | 1
        self.motion = config.motion
        self.guided = config.guided

    @classmethod
    def is_guided(cls, config: Config) -> bool:
        """Its option."""
        return config.guided

    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:  # noqa: ARG002
        """The empty scene, its small copy for the fits, its windows: grey, mean and variance at half size; and, if
        `guided`, the channels of its depth."""
        bg, depth = bg[:, :3].float(), bg[:, 3:].float()
        grey = _half_grey(bg)
        mean = self._window_mean(grey)
        variance = (self._window_mean(grey.square()) - mean.square()).clamp_min(0)
        maps = [bg, _shrunk(bg), torch.cat([grey, mean, variance], dim=1)]
        return [*maps, depth] if self.guided else maps

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """The encoder's pyramid of the ten channels."""
        bg, small, windows, *depth = (x.expand(len(fg_bg), -1, -1, -1) for x in background)
        fg_bg = fg_bg.float()
        small_frame = _shrunk(fg_bg)
        light = fit_light(small_frame, small)
        inside = torch.ones_like(bg[:, :1])
        if self.motion:
            motion = fit_motion(light(small_frame), small)
            light = fit_light(small_frame, motion.warp(small))
            bg, windows, inside = motion.warp(bg), motion.warp(windows), motion.inside(bg)
        frame = light(fg_bg)
        seen = torch.cat([bg, frame, self._comparison(bg, frame, windows, inside), *depth], dim=1)
        maps: list[Tensor] = encoder(seen)
        return maps

    def _comparison(self, bg: Tensor, frame: Tensor, windows: Tensor, inside: Tensor) -> Tensor:
        """Difference, correlation and the contrast of both images: N×4×H×W."""
        grey_bg, mean_bg, variance_bg = windows[:, 0:1], windows[:, 1:2], windows[:, 2:3]
        grey = _half_grey(frame)
        mean = self._window_mean(grey)
        variance = (self._window_mean(grey.square()) - mean.square()).clamp_min(0)
        covariance = self._window_mean(grey * grey_bg) - mean * mean_bg
        correlation = (covariance + FLAT) / ((variance + FLAT) * (variance_bg + FLAT)).sqrt()
        half = torch.cat([correlation, variance.sqrt().tanh(), variance_bg.sqrt().tanh()], dim=1)
        full = F.interpolate(half, size=bg.shape[-2:], mode="bilinear", align_corners=False)
        difference = (STEEPNESS * (frame - bg).abs().amax(1, keepdim=True)).tanh() * inside
        return torch.cat([difference, full], dim=1)

    def _window_mean(self, grey: Tensor) -> Tensor:
        """Means over windows, one axis after the other."""
        side, pad = self.window, self.window // 2
        rows = F.avg_pool2d(grey, (side, 1), 1, (pad, 0), count_include_pad=False)
        return F.avg_pool2d(rows, (1, side), 1, (0, pad), count_include_pad=False)


def _half_grey(images: Tensor) -> Tensor:
    """The mean of the colours at half the size: N×1×H/2×W/2 float32."""
    return F.avg_pool2d(images.mean(1, keepdim=True), 2, ceil_mode=True)


def _shrunk(images: Tensor) -> Tensor:
    return F.avg_pool2d(images, SHRINK, ceil_mode=True)
