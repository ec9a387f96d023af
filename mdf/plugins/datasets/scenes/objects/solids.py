"""The primitives of many objects as one table, and their pictures' bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.objects.parts import Part, Thing

CORNERS = torch.cartesian_prod(*[torch.tensor((-1.0, 1.0), dtype=torch.float64)] * 3)

CHUNK = 32768
"""Most pairs of primitive and ray that are tested at once: they stay in the processor's cache."""


@dataclass(frozen=True)
class Solids:
    """K primitives of the things of several views (frames), ellipsoids first, then boxes; by thing within each.

    Attributes:
        things: the objects, `views` telling the view of each.
        centre: K×3 float64, metres.
        axes: K×3×3 float64, half axes as columns, orthogonal.
        paint: K×P float32, see `paint.py`.
        thing: K int64.
        casts: K bool.
        balls: how many of the K are ellipsoids.
    """

    things: list[Thing]
    views: Tensor
    centre: Tensor
    axes: Tensor
    paint: Tensor
    thing: Tensor
    casts: Tensor
    balls: int

    def __len__(self) -> int:
        return len(self.centre)

    @cached_property
    def to_unit(self) -> Tensor:
        """World directions → the space where the primitive is the unit ball or cube: K×3×3 float64."""
        return (self.axes / self.axes.square().sum(1, keepdim=True)).transpose(1, 2)

    @cached_property
    def corners(self) -> Tensor:
        """Corners of boxes around the primitives: K×8×3 float64, metres."""
        return self.centre[:, None] + CORNERS @ self.axes.transpose(1, 2)

    @cached_property
    def view(self) -> Tensor:
        """Each primitive's view: K int64."""
        return self.views[self.thing]

    def rectangles(self, camera: Camera, u: Tensor, v: Tensor) -> Tensor:
        """Which columns of `u` and rows of `v` may see each primitive: first and last+1 of both, 4×K int64."""
        x, y, depth = camera.project(self.corners).unbind(-1)
        behind = depth.amin(1) < 0.1
        edges = []
        for coordinate, centres in ((x, u.double()), (y, v.double())):
            low = coordinate.amin(1).masked_fill(behind, -torch.inf)
            high = coordinate.amax(1).masked_fill(behind, torch.inf)
            edges += [torch.searchsorted(centres, low), torch.searchsorted(centres, high, right=True)]
        return torch.stack(edges)


def assemble(groups: Sequence[Sequence[Thing]]) -> Solids:
    """The things of each view as one table."""
    views = [view for view, things in enumerate(groups) for _ in things]
    things = [thing for group in groups for thing in group]
    listed = [(part, index) for index, thing in enumerate(things) for part in thing.parts]
    listed.sort(key=lambda item: (not item[0].ball, item[1]))
    rows = [_row(part, things[index]) for part, index in listed]
    table = torch.tensor(rows, dtype=torch.float64).view(len(rows), 10)
    sin, cos = table[:, 8].sin(), table[:, 8].cos()
    st, ct = table[:, 9].sin(), table[:, 9].cos()
    zero, one = torch.zeros_like(st), torch.ones_like(st)
    turn = torch.stack([cos, zero, sin, zero, one, zero, -sin, zero, cos], -1).view(-1, 3, 3)
    tilt = torch.stack([one, zero, zero, zero, ct, st, zero, -st, ct], -1).view(-1, 3, 3)
    foot = torch.stack([table[:, 6], zero, table[:, 7]], -1)
    return Solids(
        things=things,
        views=torch.tensor(views, dtype=torch.int64),
        centre=(turn @ table[:, :3, None])[..., 0] + foot,
        axes=(turn @ tilt) * table[:, None, 3:6],
        paint=torch.tensor([part.paint for part, _ in listed], dtype=torch.float32),
        thing=torch.tensor([index for _, index in listed], dtype=torch.int64),
        casts=torch.tensor([part.casts for part, _ in listed], dtype=torch.bool),
        balls=sum(part.ball for part, _ in listed),
    )


def _row(part: Part, thing: Thing) -> tuple[float, ...]:
    return (*part.at, *part.half, thing.x, thing.z, thing.yaw, part.tilt)


def ragged(counts: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Pairs (i, 0…counts[i]−1) for every i, as int64 tensors of at most CHUNK."""
    starts = counts.cumsum(0) - counts
    owners = torch.arange(len(counts)).repeat_interleave(counts)
    for first in range(0, len(owners), CHUNK):
        owner = owners[first : first + CHUNK]
        yield owner, torch.arange(first, first + len(owner)) - starts.index_select(0, owner)
