"""Shadows: which points the distant light does not reach, and how much ambient light is left around objects."""

from __future__ import annotations

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.objects.primitives import Primitives, ragged_pairs
from mdf.plugins.datasets.scenes.rendering.rays import slabs


class ShadowTest:
    """Tests which points are in shadow. It uses coordinates across and along the direction of the light.

    Reads
        points: 3×n float32, metres; direction: 3 float64, unit vector towards the light.
    """

    def __init__(self, points: Tensor, direction: Tensor) -> None:
        self.points = points
        self.direction = direction
        x, y, z = direction.tolist()
        flat = (x * x + z * z) ** 0.5
        across, upwards = (z / flat, 0.0, -x / flat), (-x * y / flat, flat, -z * y / flat)
        self.axes = torch.tensor((across, upwards, (x, y, z)), dtype=torch.float64)
        self.coordinates = [points[0] * float(a) + points[1] * float(b) + points[2] * float(c) for a, b, c in self.axes]

    def in_shadow(self, primitives: Primitives, views: int, view_of_point: Tensor | None = None) -> Tensor:
        """Which points are in the shadow of which view's objects: views×n bool.

        `view_of_point` (n int64) is the only view of each point. Without it, every point is tested in every view.
        """
        count = self.points.shape[1]
        shadowed = torch.zeros(views * count, dtype=torch.bool)
        if not len(primitives) or not count:
            return shadowed.view(views, count)
        owner, point = self._candidates(primitives, view_of_point)
        target = primitives.view_of_object[owner] * count + point
        ellipsoids, boxes = slice(0, primitives.ellipsoids), slice(primitives.ellipsoids, len(primitives))
        for kind, hides in ((ellipsoids, _ellipsoid_hides), (boxes, _box_hides)):
            casting = kind.start + primitives.casts_shadow[kind].nonzero()[:, 0]
            if not len(casting):
                continue
            per_object = torch.bincount(primitives.object_index[casting], minlength=len(primitives.objects))
            first = per_object.cumsum(0) - per_object
            rows = self._rows(primitives, casting)
            for pair, offset in ragged_pairs(per_object[owner]):
                primitive = first.index_select(0, owner.index_select(0, pair)) + offset
                near = self.points.index_select(1, point.index_select(0, pair))
                hit = hides(rows.index_select(0, primitive), near)
                shadowed[target.index_select(0, pair[hit])] = True
        return shadowed.view(views, count)

    def _candidates(self, primitives: Primitives, view_of_point: Tensor | None) -> tuple[Tensor, Tensor]:
        """Pairs (object, point) where the point is in the shadow of the object's bounding box."""
        corners = (primitives.corners @ self.axes.T).float()
        owners, points = [], []
        a, b, along = self.coordinates
        for index in range(len(primitives.objects)):
            box = corners[primitives.object_index == index].flatten(0, 1)
            (a0, b0, _), (a1, b1, far) = box.amin(0).tolist(), box.amax(0).tolist()
            inside = (a > a0) & (a < a1) & (b > b0) & (b < b1) & (along < far)
            if view_of_point is not None:
                inside &= view_of_point == int(primitives.view_of_object[index])
            candidates = inside.nonzero()[:, 0]
            points.append(candidates)
            owners.append(torch.full_like(candidates, index))
        return torch.cat(owners), torch.cat(points)

    def _rows(self, primitives: Primitives, chosen: Tensor) -> Tensor:
        """For each primitive: matrix and offset to its unit space, and the light's direction there. k×15 float32."""
        matrix = primitives.to_unit[chosen]
        offset = -(matrix @ primitives.centre[chosen][..., None])[..., 0]
        return torch.cat((matrix.flatten(1), offset, matrix @ self.direction), 1).float()


def _unit(rows: Tensor, points: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The points and the direction of the light, in unit space."""
    x, y, z = points
    start = [rows[:, 3 * i] * x + rows[:, 3 * i + 1] * y + rows[:, 3 * i + 2] * z + rows[:, 9 + i] for i in range(3)]
    return start, [rows[:, 12 + i] for i in range(3)]


def _ellipsoid_hides(rows: Tensor, points: Tensor) -> Tensor:
    (x, y, z), (rx, ry, rz) = _unit(rows, points)
    b = x * rx + y * ry + z * rz
    outside = x * x + y * y + z * z - 1
    return (b < 0) & (outside > 0) & (b * b > (rx * rx + ry * ry + rz * rz) * outside)


def _box_hides(rows: Tensor, points: Tensor) -> Tensor:
    enter, leave = slabs(*_unit(rows, points))
    return (leave > enter) & (enter > 0)


def contact_shadow(primitives: Primitives, points: Tensor, strength: float, views: int) -> Tensor:
    """The share of the ambient light that is left around the feet of each view's objects: views×n, 0–1."""
    share = torch.ones(views, points.shape[1])
    for placed, view in zip(primitives.objects, primitives.view_of_object.tolist(), strict=True):
        if not placed.radius:
            continue
        x, z = points[0] - placed.x, points[2] - placed.z
        reach = 1.5 * placed.radius
        nearness = (1 - (x * x + points[1] * points[1] + z * z) * (1 / (reach * reach))).clamp(min=0)
        share[view] *= 1 - strength * (nearness * nearness)
    return share
