"""Fusions with one encoder: a fixed background is computed once, with the same result as without caching."""

from __future__ import annotations

import pytest
import torch

from mdf.core.fusion import Fusion
from mdf.plugins.encoders.unet import UNetEncoder
from mdf.plugins.fusions.frame_only import FrameOnly
from mdf.plugins.fusions.siamese import SiameseConcat, SiameseDiff

ENCODER = UNetEncoder(UNetEncoder.Config(width=2, depth=2), 3).eval()
BG, FRAME = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)


def fused(kind: type[Fusion], bg: torch.Tensor, frame: torch.Tensor) -> list[torch.Tensor]:
    fusion = kind(kind.Config(), ENCODER.features)
    with torch.inference_mode():
        maps = fusion(ENCODER, fusion.background(ENCODER, bg), frame)
    assert [tuple(m.shape) for m in maps] == fusion.features.shapes(2, 8, 8)
    return maps


def test_diff_is_zero_without_change_and_symmetric() -> None:
    assert all(not m.any() for m in fused(SiameseDiff, BG, BG))
    there, back = fused(SiameseDiff, BG, FRAME), fused(SiameseDiff, FRAME, BG)
    assert all(torch.equal(a, b) for a, b in zip(there, back, strict=True))
    assert all(m.any() for m in there)


def test_concat_has_both_pyramids_background_first() -> None:
    with torch.inference_mode():
        bg, frame = ENCODER(BG), ENCODER(FRAME)
    for found, a, b in zip(fused(SiameseConcat, BG, FRAME), bg, frame, strict=True):
        assert torch.equal(found, torch.cat([a, b], dim=1))


def test_frame_only_ignores_the_background() -> None:
    one, other = fused(FrameOnly, BG, FRAME), fused(FrameOnly, FRAME, FRAME)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", [SiameseDiff, SiameseConcat])
def test_the_encoder_runs_on_the_background_once_per_camera(
    kind: type[Fusion], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(ENCODER, "forward", lambda x, plain=ENCODER.forward: (seen.append(x), plain(x))[1])
    fusion = kind(kind.Config(), ENCODER.features)
    with torch.inference_mode():
        kept = fusion.background(ENCODER, BG)
        for _ in range(3):
            fusion(ENCODER, kept, FRAME)
    assert sum(x is BG for x in seen) == 1
    assert len(seen) == 4
