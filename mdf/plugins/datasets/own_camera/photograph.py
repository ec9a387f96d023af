"""From an empty frame to the two photographs of a sample: what is drawn on it, and what else changes."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from mdf.core.image import Pixels
from mdf.plugins.datasets.files.tensors import image_tensor
from mdf.plugins.datasets.own_camera.empties import Empties
from mdf.plugins.datasets.own_camera.figures import draw_figures
from mdf.plugins.datasets.own_camera.known import KnownScene
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.effects.apply import in_light, in_recording
from mdf.plugins.datasets.scenes.effects.views import Views
from mdf.plugins.datasets.scenes.places.shapes import draw_shapes_over

FOREGROUND = 0.5
"""Smallest alpha of a foreground pixel."""
BRIGHTER = 0.8
"""Figures are up to this many stops brighter or darker than the scene would make them."""
SHADOWS = (0.3, 1.5)
"""Limits of the power that shadows are taken to: from faint to dark."""
SOFT = (0.3, 0.9)
"""Limits of the blur of figures, in pixels. Every second sample is as sharp as it was drawn."""
EFFECTS = {
    "exposure": 0.3,
    "white_balance": 0.15,
    "haze": 0.1,
    "moved_light": 0.15,
    "standing_shadows": 0.15,
    "waving": 0.15,
    "shake": 0.15,
    "compression": 0.6,
    "dark": 0.15,
}
"""How often what changes a camera's picture is drawn where `disturbed` is 1; the shares of `mdf-base`'s training."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An empty frame with figures in it, or none.

    Attributes:
        light: linear light 3×H×W.
        mask: 1×H×W bool.
        depth: 1×H×W float32, metres, NaN where it is not known.
        tags: its conditions.
    """

    light: Tensor
    mask: Tensor
    depth: Tensor
    tags: set[str]


def scenes_config(size: tuple[int, int], most_actors: int, tiny: float, huge: float, disturbed: float) -> ScenesConfig:
    """How figures look, and which effects are drawn how often."""
    shares = {name: disturbed * share for name, share in EFFECTS.items()}
    return ScenesConfig(size=size, frames=1, most_actors=most_actors, empty=0, tiny=tiny, huge=huge, **shares)


def draw_nothing(empty: Pixels, scene: KnownScene) -> Drawn:
    """The empty frame as it is."""
    light = linear(empty)
    return Drawn(light, torch.zeros(1, *light.shape[1:], dtype=torch.bool), _measured(scene, light), {"empty"})


def draw_shapes(rng: Random, config: ScenesConfig, empty: Pixels, scene: KnownScene) -> Drawn:
    """Textured shapes pasted on the empty frame. How far away they are is not known."""
    light, mask, tags = draw_shapes_over(rng, config, linear(empty))
    return Drawn(light, mask[None], _measured(scene, light).masked_fill(mask, torch.nan), tags)


def draw_people(rng: Random, config: ScenesConfig, empty: Pixels, scene: KnownScene) -> Drawn:
    """People, boxes and vehicles that stand in the empty frame, or things that lie there, in a light of their own."""
    figures = draw_figures(rng, config, scene)
    if rng.random() < 0.5:
        figures = figures.softened(rng.uniform(*SOFT))
    light = figures.over(linear(empty), 2 ** rng.uniform(-BRIGHTER, BRIGHTER), rng.uniform(*SHADOWS))
    mask = figures.alpha >= FOREGROUND
    depth = figures.depth.where(mask, _measured(scene, light))
    return Drawn(light, mask, depth, {"shadow"} if float(figures.shade.min()) < 1 else set())


def _measured(scene: KnownScene, light: Tensor) -> Tensor:
    return torch.full_like(light[:1], torch.nan) if scene.depth is None else scene.depth


def photograph(rng: Random, config: ScenesConfig, empties: Empties, drawn: Drawn) -> tuple[Tensor, Tensor, Drawn]:
    """`bg` and `fg_bg` (3×H×W uint8), and what was drawn, its mask and depth moved as the camera was.

    A photographed empty frame has noise of its own; what is drawn on it gets as much. The background has no noise, so
    a frame that is drawn on it gets noise all over.
    """
    depths = drawn.depth[None].clone()
    views = Views(linear(empties.background), drawn.light[None].clone(), drawn.mask[None], depths)
    views.tags = [drawn.tags]
    in_light(config, rng, views)
    generator = torch.Generator().manual_seed(rng.getrandbits(48))
    noise = torch.randn(views.frames.shape, generator=generator) * empties.noise
    noisy = views.masks if len(empties.frames) > 1 else torch.ones_like(views.masks)
    levels = (views.frames * 2 ** rng.gauss(0.0, 2 * empties.exposure)).clamp(0, 1).sqrt() * 255
    frames, bg = _bytes(levels + noise * noisy), _bytes(views.empty.sqrt() * 255)
    bg, frames = in_recording(config, rng, bg, frames, views)
    return bg, frames[0], Drawn(views.frames[0], views.masks[0], views.depths[0], views.tags[0])


def linear(pixels: Pixels) -> Tensor:
    """H×W×3 uint8 → linear light 3×H×W float32 0–1, by the tone curve of the drawn scenes (gamma 2)."""
    return (image_tensor(pixels).float() / 255).square()


def _bytes(levels: Tensor) -> Tensor:
    return levels.round().clamp(0, 255).to(torch.uint8)
