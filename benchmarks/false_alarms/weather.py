"""What disturbs a rendered room over time: rain, leaves, night, switched lights, shadows; then the camera's sensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.effects.optics import rain
from mdf.plugins.datasets.scenes.effects.views import Views, blurred, moved, smooth_noise

NOISE, NIGHT_NOISE = 0.012, 0.045
"""Standard deviation of the sensor's noise, in display values 0–1."""
DARK = 0.12
"""Light that is left at night."""
OFF = 0.08, 0.4
"""Light that is left, far from the window and near it, when a lamp is switched off; it is bluer."""


class Weather:
    """Makes the frames of one film, under one condition of `CONDITIONS`."""

    def __init__(self, condition: str, empty: Tensor, rate: float, seed: int) -> None:
        self._condition, self._rate, self._seed = condition, rate, seed
        self.generator = torch.Generator().manual_seed(1000 + seed)
        self.size = int(empty.shape[1]), int(empty.shape[2])
        self.pixel = min(self.size) / 128
        self.random = Random(seed)
        self.empty = _light(empty)
        self.leaves = blurred((smooth_noise(self.generator, self.size, 0.4 * self.size[0]) > 0.1).float()[None], 3.0)[0]
        self.leaves[:, self.size[0] // 2 :] *= 0.3
        self.texture = 1 + 0.8 * smooth_noise(self.generator, self.size, 3.0 * self.pixel)
        self.fields = [smooth_noise(self.generator, self.size, 14 * self.pixel, 2) for _ in range(8)]

    def develop(self, frame: Tensor, time: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The frame 3×H×W uint8 at a moment → H×W×3 uint8."""
        light = CONDITIONS[self._condition](self, _light(frame), time)
        sigma = NIGHT_NOISE if self._condition == "night" else NOISE
        noise = torch.randn(light.shape, generator=self.generator) * sigma
        display = (light.clamp(0, 1).sqrt() + noise).clamp(0, 1) * 255
        return display.round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _light(pixels: Tensor) -> Tensor:
    return (pixels.float() / 255).square()


def _calm(weather: Weather, light: Tensor, time: float) -> Tensor:  # noqa: ARG001
    return light


def _rain(weather: Weather, light: Tensor, time: float) -> Tensor:
    """It begins after ten seconds, and goes on."""
    if time < 10:
        return light
    frames = light[None].clone()
    mask = torch.zeros(1, 1, *weather.size, dtype=torch.bool)
    rain(Random(f"rain {weather.random.random()}"), weather.generator, Views(weather.empty, frames, mask, mask.float()))
    return frames[0]


def _leaves(weather: Weather, light: Tensor, time: float) -> Tensor:
    """Leaves move to and fro in gusts; who walks, walks in front of them."""
    phase = time * 1.7
    first = int(phase) % len(weather.fields)
    share = phase % 1
    second = (first + 1) % len(weather.fields)
    gust = 2.5 + 2.5 * math.sin(time * 2 * math.pi / 17)
    dx, dy = ((1 - share) * weather.fields[first] + share * weather.fields[second]) * gust * weather.pixel
    waved = moved((weather.empty * weather.texture)[None], dx, dy)[0]
    behind = weather.empty + weather.leaves * (waved - weather.empty)
    somebody = (light - weather.empty).abs().amax(0) > 1e-6
    return torch.where(somebody, light, behind)


def _night(weather: Weather, light: Tensor, time: float) -> Tensor:
    """Little light, much noise, and a car's headlights that sweep through the room every 30 s."""
    dark = light * DARK
    passed = (time - 12) % 30
    if time < 12 or passed > 3:
        return dark
    height, width = weather.size
    y, x = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    beam = torch.exp(-(((x - (passed / 3 * 1.6 - 0.3)) / 0.13) ** 2) - ((y - 0.55) / 0.25) ** 2)
    return dark + light * 0.6 * beam


def _switches(weather: Weather, light: Tensor, time: float) -> Tensor:
    """A lamp is switched every 20 s; a window goes on to give light from the left."""
    if int(time / 20) % 2 == 0:
        return light
    left = torch.linspace(OFF[1], OFF[0], weather.size[1])
    return light * left * torch.tensor([0.85, 1.0, 1.2])[:, None, None]


def _shadows(weather: Weather, light: Tensor, time: float) -> Tensor:
    """A cloud's soft shadow and the hard shadow of somebody outside the picture pass, by turns, every 12 s."""
    height, width = weather.size
    y, x = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    number, passed = divmod(time - 8, 12)
    if time < 8 or passed > 6:
        return light
    place = passed / 6 * 1.8 - 0.4
    if int(number) % 2:
        shade = 0.5 * torch.exp(-(((x - place) / 0.35) ** 2))
    else:
        band = ((x + 0.4 * y - place - 0.2).abs() < 0.06).float() * (y > 0.45)
        shade = 0.55 * blurred(band[None, None], 1.5)[0, 0]
    return light * (1 - shade)


CONDITIONS: dict[str, Callable[[Weather, Tensor, float], Tensor]] = {
    "calm": _calm,
    "rain": _rain,
    "leaves": _leaves,
    "night": _night,
    "light switches": _switches,
    "shadows": _shadows,
}
