"""All primitives (ellipsoids and boxes) of many objects in one table, and their bounds in the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.objects.paint import PAINT_COLUMNS
from mdf.plugins.datasets.scenes.objects.parts import Part, PlacedObject

CORNERS = torch.cartesian_prod(*[torch.tensor((-1.0, 1.0), dtype=torch.float64)] * 3)

CHUNK = 32768
"""Largest number of (primitive, ray) pairs that are tested at once. They stay in the CPU cache."""


@dataclass(frozen=True)
class Primitives:
    """K primitives of the objects in several views (frames). First all ellipsoids, then all boxes, each by object.

    Attributes:
        objects: the objects.
        view_of_object: the view of each object, int64.
        centre: K×3 float64, metres.
        axes: K×3×3 float64; the orthogonal half axes are columns.
        paint: paint rows, K×P float32.
        object_index: the object of each primitive, K int64.
        casts_shadow: K bool.
        ellipsoids: number of ellipsoids among the K.
    """

    objects: list[PlacedObject]
    view_of_object: Tensor
    centre: Tensor
    axes: Tensor
    paint: Tensor
    object_index: Tensor
    casts_shadow: Tensor
    ellipsoids: int

    def __len__(self) -> int:
        return len(self.centre)

    @cached_property
    def to_unit(self) -> Tensor:
        """Matrices from world directions to the space where the primitive is the unit ball or cube: K×3×3 float64."""
        return (self.axes / self.axes.square().sum(1, keepdim=True)).transpose(1, 2)

    @cached_property
    def corners(self) -> Tensor:
        """Corners of the primitives' bounding boxes: K×8×3 float64, metres."""
        return self.centre[:, None] + CORNERS @ self.axes.transpose(1, 2)

    @cached_property
    def view(self) -> Tensor:
        """The view of each primitive: K int64."""
        return self.view_of_object[self.object_index]

    def rectangles(self, camera: Camera, u: Tensor, v: Tensor) -> Tensor:
        """The columns of `u` and rows of `v` that may see each primitive: first and last+1 of both, 4×K int64."""
        x, y, depth = camera.project(self.corners).unbind(-1)
        behind = depth.amin(1) < 0.1
        edges = []
        for coordinate, centres in ((x, u.double()), (y, v.double())):
            low = coordinate.amin(1).masked_fill(behind, -torch.inf)
            high = coordinate.amax(1).masked_fill(behind, torch.inf)
            edges += [torch.searchsorted(centres, low), torch.searchsorted(centres, high, right=True)]
        return torch.stack(edges)


def assemble(objects_of_views: Sequence[Sequence[PlacedObject]]) -> Primitives:
    """Puts the objects of all views into one table."""
    views = [view for view, objects in enumerate(objects_of_views) for _ in objects]
    objects = [placed for in_view in objects_of_views for placed in in_view]
    parts = [(part, index) for index, placed in enumerate(objects) for part in placed.parts]
    parts.sort(key=lambda item: (not item[0].is_ellipsoid, item[1]))
    rows = [_row(part, objects[index]) for part, index in parts]
    table = torch.tensor(rows, dtype=torch.float64).view(len(rows), 10)
    sin, cos = table[:, 8].sin(), table[:, 8].cos()
    st, ct = table[:, 9].sin(), table[:, 9].cos()
    zero, one = torch.zeros_like(st), torch.ones_like(st)
    yaw = torch.stack([cos, zero, sin, zero, one, zero, -sin, zero, cos], -1).view(-1, 3, 3)
    tilt = torch.stack([one, zero, zero, zero, ct, st, zero, -st, ct], -1).view(-1, 3, 3)
    position = torch.stack([table[:, 6], zero, table[:, 7]], -1)
    return Primitives(
        objects=objects,
        view_of_object=torch.tensor(views, dtype=torch.int64),
        centre=(yaw @ table[:, :3, None])[..., 0] + position,
        axes=(yaw @ tilt) * table[:, None, 3:6],
        paint=torch.tensor([part.paint for part, _ in parts], dtype=torch.float32).view(len(parts), PAINT_COLUMNS),
        object_index=torch.tensor([index for _, index in parts], dtype=torch.int64),
        casts_shadow=torch.tensor([part.casts_shadow for part, _ in parts], dtype=torch.bool),
        ellipsoids=sum(part.is_ellipsoid for part, _ in parts),
    )


def _row(part: Part, placed: PlacedObject) -> tuple[float, ...]:
    return (*part.centre, *part.half_size, placed.x, placed.z, placed.yaw, part.tilt)


def ragged_pairs(counts: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """All pairs (i, j) with 0 ≤ j < counts[i], as int64 tensors of at most CHUNK pairs."""
    starts = counts.cumsum(0) - counts
    owners = torch.arange(len(counts)).repeat_interleave(counts)
    for first in range(0, len(owners), CHUNK):
        owner = owners[first : first + CHUNK]
        yield owner, torch.arange(first, first + len(owner)) - starts.index_select(0, owner)
