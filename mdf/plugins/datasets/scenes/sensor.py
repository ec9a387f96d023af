"""The camera's sensor: exposure, white balance, tone curve, noise and quantisation to 8 bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sensor:
    """Turns linear light into bytes.

    Attributes:
        gains: linear gains of R, G and B, multiplied with the scene's exposure.
        sigma: standard deviation of the noise, in display values 0–1.
        noise_seed: seed of the noise.
    """

    gains: tuple[float, float, float]
    sigma: float
    noise_seed: int

    @staticmethod
    def draw(rng: Random, *, low_light: bool, noise: bool) -> Sensor:
        """Draws a sensor with these conditions."""
        level = rng.uniform(0.2, 0.3) * (rng.uniform(0.08, 0.2) if low_light else 1.0)
        sigma = rng.uniform(0.006, 0.014) + (rng.uniform(0.008, 0.016) if low_light else 0.0)
        sigma += rng.uniform(0.03, 0.06) if noise else 0.0
        tint = rng.uniform(-0.05, 0.05)
        return Sensor((level * (1 + tint), level, level * (1 - tint)), sigma, rng.getrandbits(48))

    def drift(self, rng: Random, strength: float = 1.0) -> Sensor:
        """The sensor at another moment. At strength 1, exposure changes by up to ±15 % and white balance by ±3 %."""
        exposure = 2 ** (strength * rng.uniform(-0.2, 0.2))
        tint = strength * rng.uniform(-0.03, 0.03)
        r, g, b = (gain * exposure for gain in self.gains)
        return replace(self, gains=(r * (1 + tint), g, b * (1 - tint)), noise_seed=rng.getrandbits(48))

    def develop(self, light: Tensor, exposure: float) -> Tensor:
        """Linear light 3×H×W float32 → RGB 3×H×W uint8. The tone curve is a square root (gamma 2)."""
        gains = torch.tensor(self.gains)[:, None, None] * exposure
        display = (light * gains).clamp(0, 1).sqrt() + sensor_noise(light.shape, self.noise_seed) * self.sigma
        return (display * 255).round().clamp(0, 255).to(torch.uint8)


def sensor_noise(shape: tuple[int, ...], seed: int) -> Tensor:
    """Noise with mean 0 and standard deviation 1, float32: a sum of three random bytes, the same on every machine."""
    draws = torch.randint(0, 2**24, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.int32)
    total = (draws & 255) + ((draws >> 8) & 255) + ((draws >> 16) & 255)
    return (total - 382.5) / 127.9987


def auto_exposure(light: Tensor) -> float:
    """The exposure that makes the mean of the linear light 1. Sums integers, so that the order does not matter."""
    mean = float((light * 1024).round().long().sum()) / (1024 * light.numel())
    return 1 / max(mean, 1e-3)
