"""The UNet decoder fits any pyramid: any strides, with or without a full-size map, one task or many."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.features import FeatureSpec
from mdf.plugins.decoders.unet import Shuffle, UNetDecoder


@st.composite
def pyramids(draw: st.DrawFn) -> FeatureSpec:
    """Strides that double, quadruple or stay, from 1, 2 or 4."""
    strides = [draw(st.sampled_from([1, 2, 4]))]
    for factor in draw(st.lists(st.sampled_from([1, 2, 4]), max_size=3)):
        strides.append(strides[-1] * factor)
    channels = draw(st.lists(st.integers(2, 24), min_size=len(strides), max_size=len(strides)))
    return FeatureSpec(tuple(channels), tuple(strides), strides[-1])


@given(spec=pyramids(), split=st.integers(0, 6), tasks=st.sampled_from([("mask",), ("mask", "depth"), ("a", "b", "c")]))
@settings(max_examples=40)
def test_any_pyramid_becomes_full_size_maps(spec: FeatureSpec, split: int, tasks: tuple[str, ...]) -> None:
    decoder = UNetDecoder(UNetDecoder.Config(split=split), spec, tasks).eval()
    maps = [torch.rand(shape) for shape in spec.shapes(1, 256, 256)]
    with torch.inference_mode():
        found = decoder(maps, tasks)
    assert set(found) == set(tasks) == set(decoder.branches)
    assert decoder.stride == 1
    assert all(x.shape == (1, decoder.channels, 256, 256) for x in found.values())


def test_tasks_that_share_all_stages_get_the_same_map() -> None:
    spec = FeatureSpec((4, 8), (1, 2), 2)
    shared = UNetDecoder(UNetDecoder.Config(split=0), spec, ("mask", "depth")).eval()
    own = UNetDecoder(UNetDecoder.Config(split=1), spec, ("mask", "depth")).eval()
    maps = [torch.rand(shape) for shape in spec.shapes(1, 8, 8)]
    with torch.inference_mode():
        assert torch.equal(*shared(maps, ("mask", "depth")).values())
        assert not torch.equal(*own(maps, ("mask", "depth")).values())


def test_no_stage_is_wider_than_max_width() -> None:
    spec = FeatureSpec((64, 256, 512), (2, 4, 8), 8)
    decoder = UNetDecoder(UNetDecoder.Config(max_width=32), spec, ("mask",))
    widths = [stage.project.out_channels for stage in [*decoder.shared, *decoder.branches["mask"]]]
    assert max(widths[:-1]) <= 32


def test_from_a_coarse_map_on_channels_become_pixels() -> None:
    """No full-size convolution: stride 4 is left in one stage, 16 by way of 8 and 4."""
    for stride, ratios in ((4, [4]), (16, [2, 2, 4]), (14, [2, 7])):
        decoder = UNetDecoder(UNetDecoder.Config(split=0), FeatureSpec((32,), (stride,), stride), ("mask",)).eval()
        assert [stage.ratio for stage in decoder.shared] == ratios
        assert isinstance(decoder.shared[-1], Shuffle)
        with torch.inference_mode():
            found = decoder([torch.rand(1, 32, 2, 3)], ("mask",))["mask"]
        assert found.shape == (1, decoder.channels, 2 * stride, 3 * stride)
