"""The plain U-Net path and ResNet-18: their widths, and what is published of them. The kit checks their maps."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.encoder import Encoder
from mdf.plugins.encoders.resnet18 import ResNet18Encoder
from mdf.plugins.encoders.unet import UNetEncoder


def built(name: str, in_channels: int = 6, **options: int) -> Encoder:
    kind = {"unet": UNetEncoder, "resnet18": ResNet18Encoder}[name]
    return kind(kind.Config(**options), in_channels).eval()


@given(width=st.integers(1, 20), depth=st.integers(1, 5), most=st.integers(1, 64))
@settings(max_examples=10)
def test_width_doubles_up_to_its_limit(width: int, depth: int, most: int) -> None:
    encoder = built("unet", 3, width=width, depth=depth, max_width=most)
    assert encoder.features.channels[1:] == tuple(min(width * 2**i, most) for i in range(1, depth + 1))
    assert encoder.features.strides == tuple(2**i for i in range(depth + 1))


def test_the_full_size_level_is_a_third_wider_unless_its_width_is_set() -> None:
    assert built("unet", 3).features.channels == (16, 24, 48, 96, 192)
    assert built("unet", 3, width=4, depth=2, finest=3).features.channels == (3, 8, 16)


def test_resnet18_is_the_published_network_except_its_input() -> None:
    """11.18 M parameters without the classifier (He et al. 2015), of three channels; six take 64·3·7·7 more."""
    count = {c: sum(p.numel() for p in built("resnet18", c).parameters()) for c in (3, 6)}
    assert count[3] == 11_176_512
    assert count[6] - count[3] == 64 * 3 * 7 * 7
    assert built("resnet18").features.channels == (64, 64, 128, 256, 512)
