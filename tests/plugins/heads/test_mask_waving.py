"""The option `waving` of the mask head: what moves within the background's own colours is no foreground."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.plugins.heads.mask import MaskHead, MaskTask

TASK, PLAIN = MaskTask(MaskHead.Config(waving=True)), MaskTask(MaskHead.Config())
LEAVES, OBJECT = (slice(None), slice(None), slice(20, 100), slice(10, 70)), (..., slice(30, 90), slice(100, 140))
SURE = 0.95


def scene(gain: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """A textured background, a frame of it whose left side moved by two pixels and whose right side has an object in
    it, in a light of `gain`; and what a network says that takes both for foreground."""
    random = torch.Generator().manual_seed(0)
    bg = 255 * F.interpolate(torch.rand(1, 3, 40, 60, generator=random), (120, 180), mode="bicubic").clamp(0, 1)
    frame = bg.clone()
    frame[LEAVES] = bg.roll((2, -2), (2, 3))[LEAVES]
    frame[OBJECT] = torch.tensor([255.0, 20.0, 130.0]).view(3, 1, 1)
    values = torch.full((1, 1, 120, 180), 0.02)
    values[LEAVES] = values[OBJECT] = SURE
    return bg.round().byte(), (gain * frame + 3 * torch.randn(bg.shape, generator=random)).clamp(0, 255).byte(), values


@pytest.mark.parametrize("gain", [1.0, 0.6])
def test_leaves_that_move_are_left_out_and_an_object_is_kept(gain: float) -> None:
    bg, frame, values = scene(gain)
    told = TASK.at_frame(values, bg, frame)
    assert float((told[LEAVES][..., 10:-10, 10:-10] < 0.3).float().mean()) > 0.95
    assert float(told[OBJECT].min()) > 0.6
    assert float(told[OBJECT].mean()) > SURE - 0.05
    torch.testing.assert_close(PLAIN.at_frame(values, bg, frame), values)


def test_a_faint_object_on_a_plain_wall_is_kept() -> None:
    bg = torch.full((1, 3, 120, 160), 120, dtype=torch.uint8)
    frame, values = bg.clone(), torch.full((1, 1, 120, 160), 0.02)
    frame[OBJECT], values[OBJECT] = 128, SURE
    torch.testing.assert_close(TASK.at_frame(values, bg, frame), values)


def test_frames_go_with_one_background_or_as_many_and_enlarged_ones_keep_their_edges() -> None:
    bg, frame, values = scene()
    several, frames = values.expand(2, -1, -1, -1), torch.cat([frame, bg])
    together = TASK.at_frame(several, bg, frames)
    assert torch.allclose(together, TASK.at_frame(several, bg.expand(2, -1, -1, -1), frames))
    assert torch.allclose(together[:1], TASK.at_frame(values, bg, frame), atol=1e-6)
    small = F.interpolate(values, (60, 90), mode="area")
    told = TASK.at_frame(small, bg, frame)
    assert told.shape == values.shape
    assert float(told[LEAVES][..., 10:-10, 10:-10].mean()) < 0.3
    assert float(told[OBJECT].mean()) > 0.7


def test_a_network_that_works_below_sixty_pixels_is_left_alone() -> None:
    bg, frame, values = scene()
    small = F.interpolate(values, (40, 60), mode="area")
    torch.testing.assert_close(TASK.at_frame(small, bg, frame), PLAIN.at_frame(small, bg, frame))
