"""ResNet-18 at full size: the published network except its strides and its stem."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.plugins.encoders.resnet18 import ResNet18Encoder
from mdf.plugins.encoders.resnet18_fullres import ResNet18FullResEncoder

ENCODER = ResNet18FullResEncoder(ResNet18FullResEncoder.Config(), 6).eval()


@given(height=st.integers(1, 9), width=st.integers(1, 9), count=st.integers(1, 2))
@settings(max_examples=5)
def test_output_and_input_have_the_same_size(height: int, width: int, count: int) -> None:
    with torch.inference_mode():
        maps = ENCODER(torch.rand(count, 6, height, width))
    assert [tuple(m.shape) for m in maps] == [(count, c, height, width) for c in (64, 64, 128, 256, 512)]
    assert [tuple(m.shape) for m in maps] == ENCODER.features.shapes(count, height, width)


def test_only_the_stem_has_other_weights() -> None:
    """3×3 instead of 7×7 pixels, of 6 channels to 64."""
    plain = ResNet18Encoder(ResNet18Encoder.Config(), 6)
    count = {e: sum(p.numel() for p in e.parameters()) for e in (plain, ENCODER)}
    assert count[plain] - count[ENCODER] == 6 * 64 * (7 * 7 - 3 * 3)
    own, full = ({k: v.shape for k, v in e.body.state_dict().items()} for e in (plain, ENCODER))
    assert {k for k in own if own[k] != full[k]} == {"conv1.weight"}
