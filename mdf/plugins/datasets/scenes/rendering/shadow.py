"""Which points a far light does not reach, and how little light from everywhere is left around a foot."""

from __future__ import annotations

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.objects.solids import Solids, ragged
from mdf.plugins.datasets.scenes.rendering.rays import slabs


class Sun:
    """Points as a far light sees them: two coordinates across its direction and one along it.

    Reads
        points: 3×n float32, metres; `towards`: 3 float64, unit vector to the light.
    """

    def __init__(self, points: Tensor, towards: Tensor) -> None:
        self.points = points
        self.towards = towards
        x, y, z = towards.tolist()
        flat = (x * x + z * z) ** 0.5
        across, upwards = (z / flat, 0.0, -x / flat), (-x * y / flat, flat, -z * y / flat)
        self.axes = torch.tensor((across, upwards, (x, y, z)), dtype=torch.float64)
        self.seen = [points[0] * float(a) + points[1] * float(b) + points[2] * float(c) for a, b, c in self.axes]

    def hidden(self, solids: Solids, views: int, of: Tensor | None = None) -> Tensor:
        """Which points are in the shadow of which view's things: views×n bool.

        `of` (n int64) names the view that each point belongs to; without it every view sees all points.
        """
        count = self.points.shape[1]
        hidden = torch.zeros(views * count, dtype=torch.bool)
        if not len(solids) or not count:
            return hidden.view(views, count)
        thing, point = self._candidates(solids, of)
        target = solids.views[thing] * count + point
        for part, hides in ((slice(0, solids.balls), _ball_hides), (slice(solids.balls, len(solids)), _box_hides)):
            chosen = part.start + solids.casts[part].nonzero()[:, 0]
            if not len(chosen):
                continue
            per_thing = torch.bincount(solids.thing[chosen], minlength=len(solids.things))
            first = per_thing.cumsum(0) - per_thing
            rows = self._rows(solids, chosen)
            for pair, offset in ragged(per_thing[thing]):
                primitive = first.index_select(0, thing.index_select(0, pair)) + offset
                near = self.points.index_select(1, point.index_select(0, pair))
                hit = hides(rows.index_select(0, primitive), near)
                hidden[target.index_select(0, pair[hit])] = True
        return hidden.view(views, count)

    def _candidates(self, solids: Solids, of: Tensor | None) -> tuple[Tensor, Tensor]:
        """(thing, point) wherever the point is in the shadow of a box around the thing."""
        corners = (solids.corners @ self.axes.T).float()
        things, points = [], []
        a, b, along = self.seen
        for index in range(len(solids.things)):
            box = corners[solids.thing == index].flatten(0, 1)
            (a0, b0, _), (a1, b1, far) = box.amin(0).tolist(), box.amax(0).tolist()
            inside = (a > a0) & (a < a1) & (b > b0) & (b < b1) & (along < far)
            if of is not None:
                inside &= of == int(solids.views[index])
            found = inside.nonzero()[:, 0]
            points.append(found)
            things.append(torch.full_like(found, index))
        return torch.cat(things), torch.cat(points)

    def _rows(self, solids: Solids, chosen: Tensor) -> Tensor:
        """For each primitive: its unit space's matrix, offset, and the light's direction there: k×15 float32."""
        matrix = solids.to_unit[chosen]
        offset = -(matrix @ solids.centre[chosen][..., None])[..., 0]
        return torch.cat((matrix.flatten(1), offset, matrix @ self.towards), 1).float()


def _unit(rows: Tensor, points: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Points and the light's direction in unit space."""
    x, y, z = points
    start = [rows[:, 3 * i] * x + rows[:, 3 * i + 1] * y + rows[:, 3 * i + 2] * z + rows[:, 9 + i] for i in range(3)]
    return start, [rows[:, 12 + i] for i in range(3)]


def _ball_hides(rows: Tensor, points: Tensor) -> Tensor:
    (x, y, z), (rx, ry, rz) = _unit(rows, points)
    b = x * rx + y * ry + z * rz
    outside = x * x + y * y + z * z - 1
    return (b < 0) & (outside > 0) & (b * b > (rx * rx + ry * ry + rz * rz) * outside)


def _box_hides(rows: Tensor, points: Tensor) -> Tensor:
    enter, leave = slabs(*_unit(rows, points))
    return (leave > enter) & (enter > 0)


def contact(solids: Solids, points: Tensor, strength: float, views: int) -> Tensor:
    """Share of the diffuse light left around the feet of each view's things: views×n in 0–1."""
    left = torch.ones(views, points.shape[1])
    for thing, view in zip(solids.things, solids.views.tolist(), strict=True):
        if not thing.radius:
            continue
        x, z = points[0] - thing.x, points[2] - thing.z
        reach = 1.5 * thing.radius
        near = (1 - (x * x + points[1] * points[1] + z * z) * (1 / (reach * reach))).clamp(min=0)
        left[view] *= 1 - strength * (near * near)
    return left
