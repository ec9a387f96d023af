"""Edges of masks that a network made at a small size: they follow the frame."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.plugins.heads.edges import MOST_PIXELS
from mdf.plugins.heads.mask import MaskHead, MaskTask


def scene(height: int, width: int, gain: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """A noisy background, the same with a disc in it in a light of `gain`, and the disc's mask."""
    random = torch.Generator().manual_seed(0)
    bg = 90 + 40 * torch.rand(1, 3, height // 8, width // 8, generator=random)
    bg = F.interpolate(bg, size=(height, width), mode="bilinear")
    y, x = torch.arange(height)[:, None], torch.arange(width)[None, :]
    disc = ((y - height / 2) ** 2 + (x - width / 2) ** 2 < (0.23 * height) ** 2)[None, None]
    frame = gain * torch.where(disc, bg + torch.tensor([50.0, 10.0, -30.0])[None, :, None, None], bg)
    noisy = [image + 3 * torch.randn(image.shape, generator=random) for image in (bg, frame)]
    back, front = (image.round().clamp(0, 255).to(torch.uint8) for image in noisy)
    return back, front, disc


def soft(disc: Tensor, factor: int) -> Tensor:
    """What a network at a smaller size says of it: never quite sure."""
    return 0.05 + 0.9 * F.avg_pool2d(disc.float(), factor)


def iou(values: Tensor, disc: Tensor, threshold: float = 0.3) -> float:
    found = values >= threshold
    return float((found & disc).sum() / (found | disc).sum())


TASK = MaskTask(MaskHead.Config())


@pytest.mark.parametrize("gain", [1.0, 0.7])
def test_edges_follow_the_frame(gain: float) -> None:
    bg, frame, disc = scene(120, 160, gain)
    values = soft(disc, 5)
    before, after = iou(TASK.resize_values(values, (120, 160)), disc), iou(TASK.at_frame(values, bg, frame), disc)
    assert before < 0.91
    assert after > 0.97


def test_frames_go_with_one_background_or_as_many() -> None:
    bg, frame, disc = scene(120, 160)
    values = soft(disc, 5)
    frames, several = torch.cat([frame, bg]), torch.cat([values, values.flip(-2)])
    together = TASK.at_frame(several, bg, frames)
    assert torch.allclose(together, TASK.at_frame(several, bg.expand(2, -1, -1, -1), frames))
    assert torch.allclose(together[:1], TASK.at_frame(values, bg, frame), atol=1e-5)


def test_nothing_is_found_where_the_network_sees_nothing() -> None:
    bg, frame, _ = scene(120, 160)
    assert float(TASK.at_frame(torch.full((1, 1, 24, 32), 0.02), bg, frame).max()) < 0.1


def test_a_frame_of_about_the_networks_size_is_not_looked_at() -> None:
    bg, frame, disc = scene(120, 160)
    values = F.interpolate(soft(disc, 5), size=(90, 120), mode="bilinear")
    assert torch.equal(TASK.at_frame(values, bg, frame), TASK.resize_values(values, (120, 160)))


def test_large_frames_are_looked_at_smaller() -> None:
    bg, frame, disc = scene(800, 1200)
    assert bg[0, 0].numel() > MOST_PIXELS
    values = soft(disc, 20)
    placed = TASK.at_frame(values, bg, frame)
    assert placed.shape == (1, 1, 800, 1200)
    assert iou(placed, disc) > 0.97 > iou(TASK.resize_values(values, (800, 1200)), disc)


def test_a_network_that_sees_more_than_what_is_looked_at_keeps_its_own_edges() -> None:
    bg, frame, disc = scene(1200, 1600)
    values = soft(disc, 2)  # 600×800, where the frame is looked at in 480×640
    assert torch.equal(TASK.at_frame(values, bg, frame), TASK.resize_values(values, (1200, 1600)))


def test_images_of_0_to_1_are_taken_too() -> None:
    bg, frame, disc = scene(120, 160)
    values = soft(disc, 5)
    assert torch.allclose(TASK.at_frame(values, bg / 255, frame / 255), TASK.at_frame(values, bg, frame), atol=1e-4)
