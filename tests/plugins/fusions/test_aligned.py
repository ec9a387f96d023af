"""`aligned`: light and small camera motions are taken out before the encoder compares the images."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.plugins.fusions.aligned import AlignedFusion

BG, FRAME, DIFFERENCE, CORRELATION = slice(0, 3), slice(3, 6), slice(6, 7), slice(7, 8)


class Channels(Encoder):
    """Returns what it is given."""

    features = FeatureSpec((10,), (1,), multiple=4)

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)

    def forward(self, images: Tensor) -> list[Tensor]:
        return [images]


def aligned(bg: Tensor, frame: Tensor, **options: object) -> Tensor:
    fusion = AlignedFusion(AlignedFusion.Config(**options), Channels.features)
    return fusion(Channels(), fusion.background(Channels(), bg), frame)[0]


def scene(size: tuple[int, int] = (96, 128), seed: int = 0, margin: int = 0) -> Tensor:
    """An image with structures of all sizes, as natural ones have: 1×3×H×W, zero mean and unit deviation."""
    generator = torch.Generator().manual_seed(seed)
    height, width = (side + 2 * margin for side in size)
    image = torch.zeros(1, 3, height, width)
    for cell in (30, 15, 8, 4):
        coarse = torch.rand(1, 3, height // cell, width // cell, generator=generator)
        image += cell * torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")
    return (image - image.mean()) / image.std()


def with_object(frame: Tensor) -> Tensor:
    shown = frame.clone()
    shown[..., 30:60, 40:70] = scene((30, 30), seed=5)
    return shown


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.4), (1.6, -0.8), (2.5, 0.0)])
def test_gain_and_offset_of_each_channel_are_taken_out(gain: float, offset: float) -> None:
    bg = scene()
    tint = torch.tensor([gain, 1.0, 1 / gain]).view(1, 3, 1, 1)
    plain, lit = aligned(bg, with_object(bg)), aligned(bg, with_object(bg) * tint + offset)
    assert float((plain - lit).abs().max()) < 0.06


def test_an_object_keeps_its_difference_and_the_rest_has_none() -> None:
    bg = scene()
    seen = aligned(bg, with_object(bg) * 0.6 + 0.3)
    mask = torch.zeros(1, 1, 96, 128, dtype=torch.bool)
    mask[..., 30:60, 40:70] = True
    assert float(seen[:, DIFFERENCE][mask].mean()) > 0.7
    assert float(seen[:, DIFFERENCE][~mask].mean()) < 0.06


def test_a_shadow_keeps_its_correlation_and_an_object_does_not() -> None:
    bg = scene()
    frame = with_object(bg)
    frame[..., 64:90, 80:120] = frame[..., 64:90, 80:120] * 0.5 - 0.3
    correlation = aligned(bg, frame)[:, CORRELATION]
    assert float(correlation[..., 70:84, 88:112].mean()) > 0.9
    assert float(correlation[..., 38:52, 48:62].mean()) < 0.6


@pytest.mark.parametrize(("right", "down"), [(3, -2), (-5, 4), (0, 3)])
def test_a_shift_of_the_camera_is_taken_out(right: int, down: int) -> None:
    wide = scene(margin=8)
    bg = wide[..., 8:-8, 8:-8]
    frame = with_object(wide[..., 8 + down : 104 + down, 8 + right : 136 + right])
    rest = torch.ones(1, 1, 96, 128, dtype=torch.bool)
    rest[..., 26:64, 36:74] = False
    still, moved = (aligned(bg, frame, motion=motion)[:, DIFFERENCE][rest].mean() for motion in (False, True))
    assert float(moved) < 0.25 * float(still)


def test_a_camera_that_stands_still_is_not_moved() -> None:
    bg = scene()
    noisy = with_object(bg) + 0.1 * torch.randn(bg.shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(aligned(bg, noisy)[:, BG], bg, rtol=0, atol=1e-3)


def test_one_background_serves_many_frames_as_many_do() -> None:
    bg, frames = scene(), torch.cat([with_object(scene()), scene() * 0.7])
    one = aligned(bg, frames)
    torch.testing.assert_close(one, aligned(bg.expand(2, -1, -1, -1), frames))
    torch.testing.assert_close(one[1:], aligned(bg, frames[1:]))


@pytest.mark.parametrize("bg", [torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), 2.0)])
def test_flat_images_give_finite_channels(bg: Tensor) -> None:
    for frame in (bg, bg + 1.0, torch.randn(1, 3, 32, 32)):
        assert bool(aligned(bg, frame).isfinite().all())


@pytest.mark.parametrize("size", [(4, 4), (16, 20), (17, 33)])
def test_any_size_gives_ten_channels_of_that_size(size: tuple[int, int]) -> None:
    bg = torch.randn(2, 3, *size)
    assert aligned(bg, torch.randn(2, 3, *size)).shape == (2, 10, *size)


def test_half_precision_autocast_changes_little() -> None:
    bg = scene()
    exact = aligned(bg, with_object(bg) * 0.6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = aligned(bg, with_object(bg) * 0.6)
    assert float((exact - mixed.float()).abs().max()) < 0.06


def test_it_can_be_exported() -> None:
    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = Channels()
            self.fusion = AlignedFusion(AlignedFusion.Config(), Channels.features)

        def forward(self, bg: Tensor, frame: Tensor) -> Tensor:
            return self.fusion(self.encoder, self.fusion.background(self.encoder, bg), frame)[0]

    bg = scene()
    exported = torch.export.export(Whole(), (bg, with_object(bg))).module()
    torch.testing.assert_close(exported(bg, with_object(bg) * 0.5), aligned(bg, with_object(bg) * 0.5))
