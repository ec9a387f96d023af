"""The style `shapes`: textured shapes pasted over textures, with strong photometric changes. It has masks only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.effects.views import Views
from mdf.plugins.datasets.scenes.objects.paint import (
    BLOTCHES,
    BRICKS,
    CHECKS,
    HORIZONTAL_STRIPES,
    PLAIN,
    VERTICAL_STRIPES,
    albedo,
    hsv,
    paint,
    random_lattice,
)
from mdf.plugins.datasets.scenes.sensor import Sensor


@dataclass(frozen=True)
class Canvas:
    """Pixel coordinates x and y (H×W, −1…1 along the longer side), and the noise of the scene."""

    x: Tensor
    y: Tensor
    noise_lattice: Tensor

    def texture(self, rng: Random, row: tuple[float, ...] | None = None) -> Tensor:
        """A random texture, painted with a paint row or with random colours: 3×H×W linear albedo."""
        value = rng.uniform(0.25, 0.95)
        colours = (hsv(rng.random(), rng.uniform(0, 0.7), value), hsv(rng.random(), rng.uniform(0, 0.7), rng.random()))
        pattern = rng.choice((PLAIN, HORIZONTAL_STRIPES, VERTICAL_STRIPES, CHECKS, BLOTCHES, BLOTCHES, BRICKS))
        row = row or paint(*colours, pattern, rng.uniform(0.12, 0.5))
        sin, cos = _random_rotation(rng)
        across, along = self.x * cos - self.y * sin + 40, self.x * sin + self.y * cos + 40
        table = torch.tensor([row], dtype=torch.float32)
        row_of_pixel = torch.zeros(self.x.numel(), dtype=torch.int64)
        return albedo(table, row_of_pixel, across.flatten(), along.flatten(), self.noise_lattice).view(3, *self.x.shape)


def _random_rotation(rng: Random) -> tuple[float, float]:
    """Sine and cosine of a random angle."""
    angle = rng.uniform(-math.pi, math.pi)
    return math.sin(angle), math.cos(angle)


def draw_shapes(rng: Random, config: ScenesConfig) -> tuple[Views, Sensor, list[Sensor]]:
    """Draws a scene of shapes in linear light, the sensor that takes its background, and that of each frame."""
    canvas = _canvas(rng, config.height_width)
    tags = {tag for tag in ("low_light", "noise") if rng.random() < getattr(config, tag)}
    sensor = Sensor.draw(rng, low_light="low_light" in tags, noise="noise" in tags)
    scene = canvas.texture(rng)
    for _ in range(rng.randint(1, 5)):
        scene = torch.where(_shape(rng, canvas), canvas.texture(rng), scene)
    frames, masks, tags_of_frames, sensors = [], [], [], []
    for _ in range(config.frames):
        frame, mask, frame_tags = _frame(rng, config, canvas, scene)
        frames.append(frame)
        sensors.append(sensor.drift(rng, strength=2.5))
        masks.append(mask[None])
        tags_of_frames.append(tags | frame_tags)
    masked = torch.stack(masks)
    return Views(scene, torch.stack(frames), masked, torch.zeros(masked.shape), tags_of_frames), sensor, sensors


def draw_shapes_over(rng: Random, config: ScenesConfig, light: Tensor) -> tuple[Tensor, Tensor, set[str]]:
    """A frame of shapes pasted over linear light 3×H×W: its light, its mask H×W and its tags."""
    return _frame(rng, config, _canvas(rng, config.height_width), light)


def _canvas(rng: Random, size: tuple[int, int]) -> Canvas:
    height, width = size
    step = 2.0 / max(height, width)
    y = ((torch.arange(height) + 0.5 - height / 2) * step)[:, None].expand(height, width)
    x = ((torch.arange(width) + 0.5 - width / 2) * step)[None, :].expand(height, width)
    return Canvas(x, y, random_lattice(rng))


def _frame(rng: Random, config: ScenesConfig, canvas: Canvas, scene: Tensor) -> tuple[Tensor, Tensor, set[str]]:
    """Draws a frame in linear light 3×H×W, its mask H×W and its own tags."""
    light, mask = scene, torch.zeros(canvas.x.shape, dtype=torch.bool)
    if rng.random() < config.empty:
        return _disturbed(rng, light), mask, {"empty"}
    tags = {tag for tag in ("shadow", "camouflage") if rng.random() < getattr(config, tag)}
    target_share = rng.uniform(0.04, 0.2)
    pasted = torch.zeros_like(light)
    for _ in range(12):
        shape = _shape(rng, canvas)
        row = None
        if "camouflage" in tags:
            colour = scene.flatten(1)[:, rng.randrange(mask.numel())].tolist()
            row = paint((colour[0], colour[1], colour[2]))
        union = mask | shape
        if float(union.sum()) > 0.3 * mask.numel():
            continue
        pasted, mask = torch.where(shape, canvas.texture(rng, row), pasted), union
        if float(mask.sum()) > target_share * mask.numel():
            break
    if not bool(mask.any()):
        return _disturbed(rng, light), mask, {"empty"}
    if "shadow" in tags:
        light = light * _shadow(rng, mask)
    return _disturbed(rng, torch.where(mask, pasted, light)), mask, tags


def _shadow(rng: Random, mask: Tensor) -> Tensor:
    """The factor of a soft, shifted shadow of the mask: H×W, 1 outside the shadow."""
    shift = max(1, max(mask.shape) // 12)
    moved = mask.float().roll((rng.randint(0, shift), rng.choice((-shift, shift))), (0, 1))
    radius = max(1, max(mask.shape) // 40)
    soft = avg_pool2d(moved[None, None], 2 * radius + 1, 1, radius)[0, 0]
    return 1 - rng.uniform(0.3, 0.65) * soft


def _disturbed(rng: Random, light: Tensor) -> Tensor:
    """Adds camera motion of half a pixel to some frames, and blur to some frames."""
    if rng.random() < 0.3:
        light = (light + light.roll(rng.choice((-1, 1)), rng.choice((1, 2)))) / 2
    if rng.random() < 0.25:
        light = avg_pool2d(light[None], 3, 1, 1, count_include_pad=False)[0]
    return light


def _shape(rng: Random, canvas: Canvas) -> Tensor:
    """An ellipse, rectangle, polygon or blob at a random place: H×W bool."""
    kind = rng.choice((_ellipse, _rectangle, _polygon, _blob))
    edge_x, edge_y = float(canvas.x.amax()), float(canvas.y.amax())
    x, y = canvas.x - rng.uniform(-edge_x, edge_x), canvas.y - rng.uniform(-edge_y, edge_y)
    sin, cos = _random_rotation(rng)
    size = rng.uniform(0.1, 0.3)
    inside: Tensor = kind(rng, (x * cos - y * sin) / size, (x * sin + y * cos) / size)
    return inside


def _ellipse(rng: Random, x: Tensor, y: Tensor) -> Tensor:
    y = y * rng.uniform(1.0, 2.0)
    return x * x + y * y < 1


def _rectangle(rng: Random, x: Tensor, y: Tensor) -> Tensor:
    return (x.abs() < 1) & (y.abs() * rng.uniform(1.0, 2.5) < 1)


def _polygon(rng: Random, x: Tensor, y: Tensor) -> Tensor:
    inside = torch.ones(x.shape, dtype=torch.bool)
    sides = rng.randint(3, 6)
    for side in range(sides):
        angle = (side + rng.uniform(-0.25, 0.25)) * 2 * math.pi / sides
        inside &= x * math.cos(angle) + y * math.sin(angle) < rng.uniform(0.5, 0.9)
    return inside


def _blob(rng: Random, x: Tensor, y: Tensor) -> Tensor:
    field = torch.zeros(x.shape)
    for _ in range(rng.randint(3, 5)):
        dx, dy = x - rng.uniform(-0.6, 0.6), y - rng.uniform(-0.6, 0.6)
        field = field + 0.14 / (dx * dx + dy * dy + 0.01)
    return field > 1
