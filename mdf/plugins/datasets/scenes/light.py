"""A far light and the light from everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mdf.plugins.datasets.scenes.objects.paint import Rgb


@dataclass(frozen=True)
class Light:
    """What lights a scene.

    Attributes:
        towards: unit vector to the far light, 3 float64.
        sun, ambient: linear RGB of the far light and of the light from everywhere.
    """

    towards: Tensor
    sun: Rgb
    ambient: Rgb

    def changed(self, sun: float, ambient: float) -> Light:
        """The same light with both parts scaled."""
        r, g, b = self.sun
        ar, ag, ab = self.ambient
        return Light(self.towards, (r * sun, g * sun, b * sun), (ar * ambient, ag * ambient, ab * ambient))
