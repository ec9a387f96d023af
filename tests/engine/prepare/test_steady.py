"""A shaking camera: the empty scene moves along, and a camera that stands still costs nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import mdf
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.engine.prepare import steady
from mdf.engine.prepare.shift import Shift, ShiftFinder
from mdf.engine.prepare.steady import Steadier, moved_depths, moved_scenes, steadied

SIZE = (120, 160)


def texture(size: tuple[int, int] = SIZE, seed: int = 0) -> Tensor:
    """A picture 3×H×W uint8 with structure everywhere."""
    random = torch.Generator().manual_seed(seed)
    layers = [
        F.interpolate(torch.rand(1, 3, size[0] // k, size[1] // k, generator=random), size=size, mode="bilinear")
        for k in (5, 9, 20)
    ]
    noise = 2 * torch.randn(3, *size, generator=random)
    return (40 + 60 * sum(layers)[0] + noise).round().clamp(0, 255).to(torch.uint8)


def batch(bg: Tensor, frame: Tensor, **known: Tensor) -> Batch:
    return Batch(("0",), ("room",), bg[None], frame[None], {}, {}, known=known)


def rolled(image: Tensor, right: int, down: int) -> Tensor:
    return torch.roll(image, (down, right), (1, 2))


@pytest.mark.parametrize("light", [1.0, 0.7])
def test_the_scene_moves_along_with_the_camera(light: float) -> None:
    bg = texture()
    frame = (light * rolled(bg, 5, -3).float()).to(torch.uint8)
    frame[:, 40:80, 50:90] = 200  # an object
    moved = steadied(batch(bg, frame)).bg[0]
    error = (moved[:, 8:-8, 8:-8].float() - rolled(bg, 5, -3)[:, 8:-8, 8:-8].float()).abs()
    assert float(error.mean()) < 3
    assert float((bg[:, 8:-8, 8:-8].float() - rolled(bg, 5, -3)[:, 8:-8, 8:-8].float()).abs().mean()) > 10


@pytest.mark.parametrize("right", [0, 40])
def test_a_still_camera_and_another_view_change_nothing(right: int) -> None:
    bg = texture()
    frame = rolled(bg, right, 0)
    frame[:, 40:80, 50:90] = 200
    given = batch(bg, frame)
    assert steadied(given) is given


def test_pictures_too_small_to_tell_are_left_alone() -> None:
    bg = texture((64, 80))
    given = batch(bg, rolled(bg, 3, 2))
    assert steadied(given) is given
    assert Steadier(bg[None])(rolled(bg, 3, 2)[None]) == [None]


def test_shifts_are_found_in_large_pictures_too() -> None:
    bg = texture((480, 640))
    moved = steadied(batch(bg, rolled(bg, 12, 6))).bg[0]
    inner = (slice(None), slice(20, -20), slice(20, -20))
    assert float((moved[inner].float() - rolled(bg, 12, 6)[inner].float()).abs().mean()) < 4


def test_the_known_depth_moves_along_and_holes_stay_holes() -> None:
    bg = texture()
    depth = torch.linspace(1, 5, SIZE[1]).expand(1, *SIZE).clone()
    depth[:, 30:50, 60:80] = torch.nan
    moved = steadied(batch(bg, rolled(bg, 4, -2), **{BACKGROUND_DEPTH: depth[None]}))
    found, wanted = moved.known[BACKGROUND_DEPTH][0], rolled(depth, 4, -2)
    inner = (slice(None), slice(6, -6), slice(6, -6))
    differs = found[inner].isnan() != wanted[inner].isnan()
    assert float(differs.float().mean()) < 0.005  # a turn of a hundredth of a degree moves a few pixels of the edge
    assert float((found[inner] - wanted[inner]).nan_to_num(0.0).abs().mean()) < 0.03


def test_depth_and_scene_turn_the_same_way() -> None:
    shift = Shift(3.0, -2.0, 2.0)
    picture = texture()
    scene = moved_scenes(picture[None], [shift], SIZE)[0].float()
    as_depth = moved_depths(picture[:1].float()[None], [shift], SIZE)[0]
    inner = (slice(10, -10), slice(10, -10))
    assert float((scene[0][inner] - as_depth[0][inner]).abs().mean()) < 8
    assert float((scene[0][inner] - picture[0].float()[inner]).abs().mean()) > 10


def test_a_session_finds_the_object_and_not_the_shift() -> None:
    model = mdf.load("mdf-small", size="120x160")
    bg = texture()
    frame = rolled(bg, 4, 3)
    frame[:, 30:90, 60:100] = (
        frame[:, 30:90, 60:100].float() * 0.3 + torch.tensor([150.0, 20, 10])[:, None, None]
    ).byte()
    truth = np.zeros(SIZE, bool)
    truth[30:90, 60:100] = True
    found = model.open(bg)(frame).foreground
    assert found is not None
    inner = (slice(6, -6), slice(6, -6))
    both, either = (found & truth)[inner].sum(), (found | truth)[inner].sum()
    assert both / either > 0.85


@pytest.mark.parametrize("size", ["64x80", "128x128"])
def test_a_session_looks_for_the_shift_as_scores_do(size: str) -> None:
    model = mdf.load("mdf-small", size=size, precision="fp32")
    bg = texture((180, 320))
    frame = moved_scenes(bg[None], [Shift(7.0, -4.0, 1.0)], (180, 320))[0]
    frame[:, 60:120, 90:150] = 200
    scene = steadied(batch(bg, frame)).bg[0]
    assert not torch.equal(scene, bg)
    assert np.array_equal(model.open(bg)(frame).mask, model.open(scene)(frame).mask)


def test_equal_scenes_in_a_row_are_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(steady, "ShiftFinder", lambda pixels: made.append(1) or ShiftFinder(pixels))
    one, other = texture(), texture(seed=1)
    bg = torch.stack([one, one, other, one])
    frames = torch.stack([rolled(one, 4, 0), rolled(one, 0, 5), rolled(other, 3, 3), one])
    right = [None if shift is None else round(shift.right) for shift in Steadier(bg)(frames)]
    assert right == [4, 0, 3, None]
    assert len(made) == 3


def test_float_images_are_left_alone() -> None:
    bg = texture()
    given = batch(bg, rolled(bg, 5, -3))
    given = replace(given, bg=given.bg / 255, fg_bg=given.fg_bg / 255)
    assert steadied(given) is given
