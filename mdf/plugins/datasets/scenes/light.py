"""The lights of a scene: a distant light and ambient light."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mdf.plugins.datasets.scenes.objects.paint import Rgb


@dataclass(frozen=True)
class Light:
    """The light of a scene.

    Attributes:
        direction: unit vector towards the distant light, 3 float64.
        sun, ambient: linear RGB of the distant light and of the ambient light.
    """

    direction: Tensor
    sun: Rgb
    ambient: Rgb

    def scaled(self, sun: float, ambient: float) -> Light:
        """A light with both parts multiplied by a factor."""
        r, g, b = self.sun
        ar, ag, ab = self.ambient
        return Light(self.direction, (r * sun, g * sun, b * sun), (ar * ambient, ag * ambient, ab * ambient))
