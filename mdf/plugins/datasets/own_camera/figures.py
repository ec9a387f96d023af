"""People, boxes and vehicles, drawn by ray casting and laid into a photograph: colour, alpha and shadow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from mdf.plugins.datasets.composite.ground import WITHIN as ON_GROUND
from mdf.plugins.datasets.own_camera.known import WITHIN, KnownScene
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.effects.views import blurred
from mdf.plugins.datasets.scenes.places.frames import draw_frame
from mdf.plugins.datasets.scenes.places.rooms import draw_room
from mdf.plugins.datasets.scenes.places.streets import draw_street
from mdf.plugins.datasets.scenes.places.tables import draw_table, draw_things
from mdf.plugins.datasets.scenes.rendering.render import Shot, geometry, linear_light

FINER = 2
"""A pixel's alpha is the mean of this number squared of rays."""
OUTSIDE = 0.5
"""Share of the figures that are seen from a camera outdoors, higher up."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is laid over an empty frame, in linear light.

    Attributes:
        light: 3×H×W float32, already multiplied by alpha; the mean of the drawn scene is 1.
        alpha: 1×H×W float32 0–1.
        shade: 3×H×W float32, the share of its light that the empty scene keeps.
        depth: 1×H×W float32, metres; NaN where no figure is, or where the scene's ground is not known.
    """

    light: Tensor
    alpha: Tensor
    shade: Tensor
    depth: Tensor

    def softened(self, sigma: float) -> Figures:
        """The same, out of focus by `sigma` pixels."""
        light, alpha = blurred(self.light[None], sigma)[0], blurred(self.alpha[None], sigma)[0]
        return replace(self, light=light, alpha=alpha)

    def over(self, empty: Tensor, bright: float, dark: float) -> Tensor:
        """Laid over linear light 3×H×W: figures `bright` times as bright as the scene, shadows at the power `dark`."""
        shaded = empty * self.shade**dark
        return shaded * (1 - self.alpha) + self.light * (bright * float(empty.mean()))


def draw_figures(rng: Random, config: ScenesConfig, scene: KnownScene) -> Figures:
    """Draws figures that stand on the scene's ground, in a random light; before a random camera where no ground is
    known. What is nearer than they are hides them."""
    shot = _shot(rng, config, scene)
    empty, shown = linear_light(shot)
    height, width = config.height_width
    camera = replace(shot.layout.camera, size=(FINER * height, FINER * width))
    masks, depths = geometry(Shot(replace(shot.layout, camera=camera), shot.frames))
    there = masks[0] > 0
    whole = avg_pool2d(there.float(), FINER)
    in_sight = there if scene.ground is None else there & ~_hidden(depths[0], scene)
    alpha = avg_pool2d(in_sight.float(), FINER)
    drawn = (shown[0] - (1 - whole) * empty).clamp(min=0) * (alpha / whole.clamp(min=1e-6))
    shade = (shown[0] / empty.clamp(min=1e-3)).clamp(0.05, 1.0).where(whole == 0, 1.0)
    return Figures(drawn / float(empty.mean()), alpha, shade, _depth(depths[0], in_sight, alpha, scene))


def _shot(rng: Random, config: ScenesConfig, scene: KnownScene) -> Shot:
    """Who stands on the ground; where the camera is close to it, what lies there."""
    if scene.close and scene.ground is not None:
        table = scene.seen(draw_table(rng, config))
        return Shot(table, [draw_things(rng, config, table)])
    layout = scene.seen((draw_street if rng.random() < OUTSIDE else draw_room)(rng, config))
    return Shot(layout, [draw_frame(rng, config, layout, rng)])


def _hidden(depths: Tensor, scene: KnownScene) -> Tensor:
    """Where rays 1×h×w meet the scene before a figure. What was not measured hides nothing."""
    assert scene.depth is not None
    measured = scene.depth.repeat_interleave(FINER, 1).repeat_interleave(FINER, 2)
    return depths > measured + (WITHIN * measured).clamp(min=ON_GROUND)


def _depth(depths: Tensor, in_sight: Tensor, alpha: Tensor, scene: KnownScene) -> Tensor:
    """The mean depth of the rays of each pixel that meet a figure; never behind what was measured, to which feet and
    lying things come closer than it is exact."""
    if scene.ground is None or scene.depth is None:
        return torch.full_like(alpha, torch.nan)
    mean = avg_pool2d(depths.where(in_sight, 0.0), FINER) / alpha
    return torch.fmin(mean, scene.depth).where(alpha > 0, torch.nan)
