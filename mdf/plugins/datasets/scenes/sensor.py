"""The camera's sensor: exposure, white balance, tone curve, noise, 8 bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sensor:
    """How linear light becomes bytes.

    Attributes:
        gains: linear gain of R, G, B, on top of the scene's exposure.
        sigma: standard deviation of the noise, display-referred 0–1.
        key: decides the noise.
    """

    gains: tuple[float, float, float]
    sigma: float
    key: int

    @staticmethod
    def draw(rng: Random, *, low_light: bool, noise: bool) -> Sensor:
        """A sensor in that condition."""
        level = rng.uniform(0.2, 0.3) * (rng.uniform(0.08, 0.2) if low_light else 1.0)
        sigma = rng.uniform(0.006, 0.014) + (rng.uniform(0.008, 0.016) if low_light else 0.0)
        sigma += rng.uniform(0.03, 0.06) if noise else 0.0
        tint = rng.uniform(-0.05, 0.05)
        return Sensor((level * (1 + tint), level, level * (1 - tint)), sigma, rng.getrandbits(48))

    def drift(self, rng: Random, strength: float = 1.0) -> Sensor:
        """The same sensor at another moment: exposure within about ±15 % and white balance ±3 % at strength 1."""
        exposure = 2 ** (strength * rng.uniform(-0.2, 0.2))
        tint = strength * rng.uniform(-0.03, 0.03)
        r, g, b = (gain * exposure for gain in self.gains)
        return replace(self, gains=(r * (1 + tint), g, b * (1 - tint)), key=rng.getrandbits(48))

    def develop(self, light: Tensor, exposure: float) -> Tensor:
        """Linear light 3×H×W float32 → RGB 3×H×W uint8. The tone curve is a square root (gamma 2)."""
        gains = torch.tensor(self.gains)[:, None, None] * exposure
        display = (light * gains).clamp(0, 1).sqrt() + bell(light.shape, self.key) * self.sigma
        return (display * 255).round().clamp(0, 255).to(torch.uint8)


def bell(shape: tuple[int, ...], key: int) -> Tensor:
    """Noise of mean 0 and standard deviation 1, float32: the sum of three random bytes, the same everywhere."""
    draws = torch.randint(0, 2**24, shape, generator=torch.Generator().manual_seed(key), dtype=torch.int32)
    total = (draws & 255) + ((draws >> 8) & 255) + ((draws >> 16) & 255)
    return (total - 382.5) / 127.9987


def metered(light: Tensor) -> float:
    """The exposure that brings the mean of linear light to 1. Summed as integers: order cannot matter."""
    mean = float((light * 1024).round().long().sum()) / (1024 * light.numel())
    return 1 / max(mean, 1e-3)
