"""Early fusion: the encoder sees both images at once, and which is which."""

from __future__ import annotations

import torch

from mdf.plugins.encoders.unet import UNetEncoder
from mdf.plugins.fusions.early import EarlyFusion


def test_the_encoder_sees_six_channels_background_first() -> None:
    encoder = UNetEncoder(UNetEncoder.Config(width=2, depth=1), EarlyFusion.encoder_channels).eval()
    fusion = EarlyFusion(EarlyFusion.Config(), encoder.features)
    bg, fg_bg = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    fused = fusion(encoder, fusion.background(encoder, bg), fg_bg)
    expected = encoder(torch.cat([bg, fg_bg], dim=1))
    assert all(torch.equal(a, b) for a, b in zip(fused, expected, strict=True))
    assert fusion.features == encoder.features
    swapped = fusion(encoder, fusion.background(encoder, fg_bg), bg)
    assert not torch.equal(swapped[0], fused[0])
