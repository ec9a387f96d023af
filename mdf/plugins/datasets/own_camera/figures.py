"""People, boxes and vehicles, drawn by ray casting and laid into a photograph: colour, alpha and shadow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from torch import Tensor
from torch.nn.functional import avg_pool2d

from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.effects.views import blurred
from mdf.plugins.datasets.scenes.places.frames import draw_frame
from mdf.plugins.datasets.scenes.places.rooms import draw_room
from mdf.plugins.datasets.scenes.places.streets import draw_street
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
    """

    light: Tensor
    alpha: Tensor
    shade: Tensor

    def softened(self, sigma: float) -> Figures:
        """The same, out of focus by `sigma` pixels."""
        return Figures(blurred(self.light[None], sigma)[0], blurred(self.alpha[None], sigma)[0], self.shade)

    def over(self, empty: Tensor, bright: float, dark: float) -> Tensor:
        """Laid over linear light 3×H×W: figures `bright` times as bright as the scene, shadows at the power `dark`."""
        shaded = empty * self.shade**dark
        return shaded * (1 - self.alpha) + self.light * (bright * float(empty.mean()))


def draw_figures(rng: Random, config: ScenesConfig) -> Figures:
    """Draws figures that stand on the ground before a random camera, in a random light."""
    layout = (draw_street if rng.random() < OUTSIDE else draw_room)(rng, config)
    layout = replace(layout, furniture=[])
    frame = draw_frame(rng, config, layout, rng)
    shot = Shot(layout, [frame])
    empty, shown = linear_light(shot)
    height, width = config.height_width
    finer = replace(layout, camera=replace(layout.camera, size=(FINER * height, FINER * width)))
    alpha = avg_pool2d(geometry(Shot(finer, [frame]))[0][0].float(), FINER)
    drawn = (shown[0] - (1 - alpha) * empty).clamp(min=0) * (alpha > 0)
    shade = (shown[0] / empty.clamp(min=1e-3)).clamp(0.05, 1.0).where(alpha == 0, 1.0)
    return Figures(drawn / float(empty.mean()), alpha, shade)
