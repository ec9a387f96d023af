"""Masks and depths of `scenes` are exact: compared with closed forms and with an independent ray test."""

import math
from random import Random

import pytest
import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.objects.paint import paint
from mdf.plugins.datasets.scenes.objects.parts import Part, PlacedObject
from mdf.plugins.datasets.scenes.objects.primitives import assemble
from mdf.plugins.datasets.scenes.places.frames import draw_frame
from mdf.plugins.datasets.scenes.places.rooms import draw_room
from mdf.plugins.datasets.scenes.rendering.rays import trace
from mdf.plugins.datasets.scenes.rendering.render import Shot, geometry
from mdf.plugins.datasets.scenes.rendering.shadow import ShadowTest

ROW = paint((0.5, 0.5, 0.5))


def camera(size: tuple[int, int] = (33, 47), yaw: float = 0.0) -> Camera:
    return Camera(height=2.5, pitch=0.3, yaw=yaw, fov=1.0, size=size)


def pixel_rays(view: Camera) -> Tensor:
    """Rays of component 1 along the viewing axis through pixel centres, by rotation matrices: H×W×3 float64."""
    height, width = view.size
    focal = max(view.size) / (2 * math.tan(view.fov / 2))
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    rays = torch.stack(((x - width / 2) / focal, -(y - height / 2) / focal, torch.ones_like(x)), -1).double()
    cp, sp, cy, sy = math.cos(view.pitch), math.sin(view.pitch), math.cos(view.yaw), math.sin(view.yaw)
    tilt = torch.tensor(((1, 0, 0), (0, cp, -sp), (0, sp, cp)), dtype=torch.float64)
    turn = torch.tensor(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)), dtype=torch.float64)
    return rays @ (turn @ tilt).T


def seen(view: Camera, *objects: PlacedObject) -> Tensor:
    u, v = view.grid()
    nothing = torch.full((1, len(u) * len(v)), torch.inf)
    return trace(assemble([objects]), view, u, v, nothing)[0].view(view.size)


@pytest.mark.parametrize("yaw", [0.0, 0.4])
def test_depths_of_floor_and_walls_are_those_of_planes(yaw: float) -> None:
    layout = draw_room(Random(3), ScenesConfig(size=(33, 47)))
    view, room = camera(yaw=yaw), layout.room
    depth, _ = room.trace(view, *view.grid())
    rays, origin = pixel_rays(view), torch.tensor((0, view.height, 0), dtype=torch.float64)
    low = torch.tensor((-room.left, 0.0, -room.near), dtype=torch.float64)
    high = torch.tensor((room.right, room.top, room.far), dtype=torch.float64)
    expected = torch.maximum((low - origin) / rays, (high - origin) / rays).amin(-1)
    torch.testing.assert_close(depth.double(), expected, rtol=1e-5, atol=1e-5)


def test_the_depth_of_a_ball_solves_its_quadratic_equation() -> None:
    view = camera()
    centre, radius = torch.tensor((0.3, 1.0, 5.0), dtype=torch.float64), 0.8
    ball = PlacedObject((Part(True, (0, 1.0, 0), (radius,) * 3, ROW),), 0.3, 5.0, 0.7, radius)
    rays, offset = pixel_rays(view), torch.tensor((0, view.height, 0), dtype=torch.float64) - centre
    a, b = rays.square().sum(-1), (rays * offset).sum(-1)
    root = b * b - a * (offset.square().sum() - radius**2)
    expected = ((-b - root.clamp(min=0).sqrt()) / a).where(root > 0, torch.inf)
    sure = root.abs() > 1e-3
    torch.testing.assert_close(seen(view, ball).double()[sure], expected[sure], rtol=1e-4, atol=1e-4)
    assert int((root > 0).sum()) > 20


def test_depths_of_rotated_boxes_agree_with_ray_marching() -> None:
    view = camera()
    half, yaw = torch.tensor((0.7, 0.5, 0.4), dtype=torch.float64), 0.6
    box = PlacedObject((Part(False, (0, 0.5, 0), (0.7, 0.5, 0.4), ROW),), -0.4, 4.5, yaw, 0.8)
    depth = seen(view, box)
    turn = torch.tensor(((math.cos(yaw), 0, math.sin(yaw)), (0, 1, 0), (-math.sin(yaw), 0, math.cos(yaw))))
    steps = torch.arange(2.0, 8.0, 0.01, dtype=torch.float64)[:, None, None, None]
    start = torch.tensor((0.4, view.height - 0.5, -4.5), dtype=torch.float64)
    local = (start + steps * pixel_rays(view)) @ turn.double()
    inside = (local.abs() < half).all(-1)
    first = steps[inside.double().argmax(0), 0, 0, 0]
    marched = inside.any(0)
    assert int(marched.sum()) > 40
    assert bool(depth[marched].isfinite().all())
    assert float((depth[marched] - first[marched]).abs().max()) <= 0.0101
    grazing = depth.isfinite() & ~marched
    assert int(grazing.sum()) <= 3


@pytest.mark.parametrize("number", range(6))
def test_foreground_is_where_an_actor_is_nearer_than_the_empty_scene(number: int) -> None:
    config = ScenesConfig(size=(48, 64), empty=0.0)
    layout = draw_room(Random(number), config)
    frames = [
        draw_frame(Random(number + 100), config, layout, Random(0)),
        draw_frame(Random(0), ScenesConfig(empty=1.0), layout, Random(0)),
    ]
    mask, depth = geometry(Shot(layout, frames))
    assert int(mask[1].sum()) == 0
    assert torch.equal(mask[0].bool(), depth[0] < depth[1])
    assert bool((depth[0] <= depth[1]).all())
    assert int(mask[0].sum()) > 0


@pytest.mark.parametrize("number", range(6))
def test_actors_stand_on_the_floor(number: int) -> None:
    config = ScenesConfig(empty=0.0)
    layout = draw_room(Random(number), config)
    primitives = assemble([draw_frame(Random(number), config, layout, Random(0)).actors])
    for index in range(len(primitives.objects)):
        mine = primitives.object_index == index
        reach = primitives.axes[mine, 1].abs()
        ball = torch.arange(len(primitives))[mine] < primitives.ellipsoids
        below = torch.where(ball, reach.square().sum(1).sqrt(), reach.sum(1))
        assert abs(float((primitives.centre[mine, 1] - below).min())) < 0.06


def test_rendering_in_bands_changes_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    from mdf.plugins.datasets.scenes.rendering import render

    config = ScenesConfig(size=(40, 40), shadow=1.0, empty=0.0)
    layout = draw_room(Random(5), config)
    shot = Shot(layout, [draw_frame(Random(6), config, layout, Random(0))])
    whole = render.geometry(shot), render.linear_light(shot)
    monkeypatch.setattr(render, "BAND_RAYS", 700)
    parts = render.geometry(shot), render.linear_light(shot)
    for before, after in zip(whole, parts, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_shadows_point_away_from_the_light() -> None:
    ball = PlacedObject((Part(True, (0, 1.0, 0), (0.5,) * 3, ROW),), 0.0, 5.0, 0.0, 0.5)
    direction = torch.tensor((0.6, 0.8, 0.0), dtype=torch.float64)
    points = torch.tensor(((-0.75, 0.0, 5.0), (0.75, 0.0, 5.0), (0.0, 3.0, 5.0), (-0.75, 0.0, 7.0))).T
    assert ShadowTest(points, direction).in_shadow(assemble([[ball]]), 1)[0].tolist() == [True, False, False, False]


def test_shadows_darken_the_floor_and_are_not_foreground() -> None:
    config = ScenesConfig(size=96, shadow=1.0, empty=0.0, low_light=0.0, noise=0.0)
    from mdf.plugins.datasets.scenes.rendering.render import linear_light

    darkened = 0
    for number in range(4):
        layout = draw_room(Random(number), config)
        shot = Shot(layout, [draw_frame(Random(number), config, layout, Random(0))])
        empty, frames = linear_light(shot)
        mask = geometry(shot)[0][0].bool()
        ratio = frames[0].mean(0) / empty.mean(0).clamp(min=1e-6)
        darkened += int((ratio < 0.6)[~mask[0]].sum())
    assert darkened > 100
