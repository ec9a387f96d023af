"""Where cut-outs stand: on the ground and mostly visible. Their distance decides their size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import numpy as np

from mdf.plugins.datasets.composite.ground import Ground
from mdf.plugins.datasets.composite.scene import Scene

TRIES = 30
BESIDE = 0.3
"""Metres from visible ground, to the side or nearer, at which things may stand, hidden by what stands there."""

NEAREST = 0.3
LEANING = (0.85, 0.99)
"""Where no ground shows, share of the measured distance at which things lean on what was measured."""

IN_SIGHT = 0.4
"""Least share of a cut-out's rectangle that is inside the image and not hidden."""

SHARE = (0.0015, 0.35)
"""Least and largest share of the image that its rectangle covers."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cut-out stands: its rectangle in pixels (it may leave the image), and metres to the camera."""

    left: int
    top: int
    width: int
    height: int
    metres: float

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns without those that are left of or above the image."""
        rows = slice(max(self.top, 0), max(self.top + self.height, 0))
        return rows, slice(max(self.left, 0), max(self.left + self.width, 0))


def find_place(random: Random, scene: Scene, aspect: float, tall: float, distance: tuple[float, float]) -> Place | None:
    """A place for a thing `tall` metres high and `aspect` times as wide, or None if none was found.

    `distance` is the smallest and largest distance if there is no depth.
    """
    for _ in range(TRIES):
        column, foot, metres = _stand(random, scene) if len(scene.spots) else _imagine(random, scene, distance)
        height = scene.focal * tall / metres
        if not math.isfinite(foot) or not 4 <= height <= 4 * scene.size[0]:
            continue
        width = max(2, round(height * aspect))
        place = Place(round(column - width / 2), round(foot - height), width, round(height), metres)
        if _fits(place, scene):
            return place
    return None


def _stand(random: Random, scene: Scene) -> tuple[float, float, float]:
    """Column, row and metres of a measured spot, or of hidden ground near one."""
    row, column = divmod(int(scene.spots[random.randrange(len(scene.spots))]), scene.size[1])
    metres = float(scene.depth[row, column])
    if scene.ground is None:
        return column, row, metres * random.uniform(*LEANING)
    moved = column + random.uniform(-BESIDE, BESIDE) * scene.focal / metres
    metres = max(NEAREST, metres - random.uniform(0, BESIDE))
    return moved, _row(scene, scene.ground, moved, metres), metres


def _imagine(random: Random, scene: Scene, distance: tuple[float, float]) -> tuple[float, float, float]:
    """Column, row and metres of a point of the ground, for a background without depth."""
    near, far = distance
    # uniform in the logarithm: few objects are near, because the near ground is small
    metres = near * (far / near) ** random.random()
    column = random.uniform(-0.02, 1.02) * scene.size[1]
    return column, _row(scene, scene.ground, column, metres) if scene.ground else math.inf, metres


def _row(scene: Scene, ground: Ground, column: float, metres: float) -> float:
    """The row in which the ground lies `metres` away in a column."""
    height, width = scene.size
    across = (column - width / 2) / scene.focal
    return height / 2 + scene.focal * ground.down(across, metres) / metres


def _fits(place: Place, scene: Scene) -> bool:
    image = scene.size[0] * scene.size[1]
    shown = scene.depth[place.slices]
    in_sight = float(np.count_nonzero(shown > place.metres))
    return in_sight >= IN_SIGHT * place.width * place.height and SHARE[0] <= in_sight / image <= SHARE[1]
