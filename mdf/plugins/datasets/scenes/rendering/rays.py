"""Ray casting: where the camera's rays meet primitives.

A primitive is an affine image of the unit ball or cube, so rays are tested in its unit space. For a fixed camera,
`start` is constant and `ray = forward + u·right + v·down`. So the coefficients of an ellipsoid's quadratic equation are
polynomials in (u, v). They are computed once per primitive, in float64.

Pixels are computed only with correctly rounded elementwise operations (+ − × ÷ √ min max compare floor) and with
minima. So the bits do not depend on the number of threads or the width of vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.objects.primitives import Primitives, ragged_pairs

NEAR = 0.05
"""Nothing nearer than this is visible, metres."""


def trace(primitives: Primitives, camera: Camera, u: Tensor, v: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest primitives in front of `depth`, along the rays at `v`×`u`, for each view.

    Reads
        depth: views×(h·w) float32, depth of the backdrop.
    Returns
        depth: views×(h·w) float32; primitive: views×(h·w) int64, −1 if none.
    """
    primitive = torch.full((depth.numel(),), -1)
    flat = depth.flatten()
    if not len(primitives):
        return depth, primitive.view_as(depth)
    hits = list(_hits(primitives, camera, u, v, flat, depth.shape[1]))
    if not hits:
        return depth, primitive.view_as(depth)
    target, t, owner = (torch.cat(columns) for columns in zip(*hits, strict=True))
    nearest = flat.scatter_reduce(0, target, t, "amin")
    wins = (t == nearest[target]).nonzero()[:, 0]
    primitive.scatter_reduce_(0, target[wins], owner[wins], "amax")
    return nearest.view_as(depth), primitive.view_as(depth)


DepthTest = Callable[[Tensor, Tensor, Tensor], Tensor]
Hit = tuple[Tensor, Tensor, Tensor]


def _hits(primitives: Primitives, camera: Camera, u: Tensor, v: Tensor, behind: Tensor, rays: int) -> Iterator[Hit]:
    """(index of view and ray, depth, primitive) of every hit in front of `behind`."""
    rectangles = primitives.rectangles(camera, u, v)
    for part, rows, test in _tests_by_kind(primitives, camera):
        x0, x1, y0, y1 = rectangles[:, part]
        wide = (x1 - x0).clamp(min=0)
        base = primitives.view[part] * rays + y0 * len(u) + x0
        for owner, offset in ragged_pairs(wide * (y1 - y0).clamp(min=0)):
            row = torch.div(offset, wide.index_select(0, owner), rounding_mode="floor")
            column = offset - row * wide.index_select(0, owner)
            target = base.index_select(0, owner) + row * len(u) + column
            across = u.index_select(0, column + x0.index_select(0, owner))
            t = test(rows.index_select(0, owner), across, v.index_select(0, row + y0.index_select(0, owner)))
            near = (t < behind.index_select(0, target)).nonzero()[:, 0]
            yield target.index_select(0, near), t.index_select(0, near), owner.index_select(0, near) + part.start


def _tests_by_kind(primitives: Primitives, camera: Camera) -> Iterator[tuple[slice, Tensor, DepthTest]]:
    """For ellipsoids and for boxes: their slice, a row of coefficients for each (float32), and the depth test."""
    to_unit = primitives.to_unit
    start = (to_unit @ (camera.origin - primitives.centre)[..., None])[..., 0]
    right, down, forward = (to_unit @ camera.axes.T).unbind(-1)
    count = primitives.ellipsoids
    balls, boxes = slice(0, count), slice(count, len(primitives))
    if count:
        yield balls, _quadratics(start[balls], right[balls], down[balls], forward[balls]).float(), _ellipsoid_depth
    if count < len(primitives):
        yield boxes, torch.cat((start, right, down, forward), 1)[boxes].float(), _box_depth


def _quadratics(start: Tensor, right: Tensor, down: Tensor, forward: Tensor) -> Tensor:
    """Coefficients of the ray's quadratic equation: of a and of the discriminant (uu, vv, uv, u, v, 1 each), and of b
    (u, v, 1). K×15."""

    def dot(x: Tensor, y: Tensor) -> Tensor:
        return (x * y).sum(-1)

    bu, bv, b1 = dot(start, right), dot(start, down), dot(start, forward)
    pairs = ((right, right), (down, down), (right, down), (right, forward), (down, forward), (forward, forward))
    twice = torch.tensor((1, 1, 2, 2, 2, 1), dtype=torch.float64)
    a = torch.stack([dot(x, y) for x, y in pairs], -1) * twice
    b_squared = torch.stack((bu * bu, bv * bv, bu * bv, bu * b1, bv * b1, b1 * b1), -1) * twice
    inside = (dot(start, start) - 1)[:, None]
    return torch.cat((a, b_squared - a * inside, torch.stack((bu, bv, b1), -1)), 1)


def _ellipsoid_depth(rows: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Depth of ellipsoids, inf if missed: the smaller root of |start + t·ray| = 1. All n float32."""
    auu, avv, auv, au, av, a1, duu, dvv, duv, du, dv, d1, bu, bv, b1 = rows.unbind(1)
    uu, vv, uv = u * u, v * v, u * v
    a = auu * uu + avv * vv + auv * uv + au * u + av * v + a1
    discriminant = duu * uu + dvv * vv + duv * uv + du * u + dv * v + d1
    t = (discriminant.clamp(min=0).sqrt() + (bu * u + bv * v + b1)) / -a
    return t.masked_fill((discriminant <= 0) | (t <= NEAR), torch.inf)


def _box_depth(rows: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Depth of boxes, inf if missed. All n float32."""
    rays = [rows[:, 9 + axis] + rows[:, 3 + axis] * u + rows[:, 6 + axis] * v for axis in range(3)]
    enter, leave = slabs([rows[:, axis] for axis in range(3)], rays)
    return enter.masked_fill((leave <= enter) | (enter <= NEAR), torch.inf)


def slabs(start: Sequence[Tensor], rays: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """The ray parameters at which rays have entered all three slabs −1…1, and at which they leave one again."""
    enter, leave = torch.tensor(-torch.inf), torch.tensor(torch.inf)
    for origin, ray in zip(start, rays, strict=True):
        inverse = 1 / ray.masked_fill(ray == 0, 1e-12)
        first, second = (-1 - origin) * inverse, (1 - origin) * inverse
        enter = torch.maximum(enter, torch.minimum(first, second))
        leave = torch.minimum(leave, torch.maximum(first, second))
    return enter, leave
