"""The fast encoders: space-to-depth loses no pixel, and the cost is as promised."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from mdf.core.blocks import depth_to_space, space_to_depth
from mdf.plugins.decoders.unet import UNetDecoder
from mdf.plugins.encoders.s2d import S2DDetailEncoder, S2DEncoder, S2DSmallEncoder

KINDS = (S2DEncoder, S2DSmallEncoder, S2DDetailEncoder)


@given(
    count=st.integers(1, 3),
    channels=st.integers(1, 6),
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    block=st.integers(1, 4),
)
@settings(max_examples=20)
def test_no_pixel_is_lost_or_moved_elsewhere(count: int, channels: int, rows: int, columns: int, block: int) -> None:
    images = torch.rand(count, channels, rows * block, columns * block)
    squares = space_to_depth(images, block)
    assert squares.shape == (count, channels * block**2, rows, columns)
    assert torch.equal(depth_to_space(squares, block), images)
    one = squares[0, :, rows - 1, columns - 1].sort().values
    corner = images[0, :, -block:, -block:].flatten().sort().values
    assert torch.equal(one, corner)


class Squares(torch.nn.Module):
    """Pixels to channels, to twice as many, and back."""

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        squares = space_to_depth(images, 4)
        return squares, depth_to_space(torch.cat([squares, 1 + squares], dim=1), 4)


def test_exported_each_is_one_transposition_with_the_same_result() -> None:
    sides = {2: 4 * torch.export.Dim("rows"), 3: 4 * torch.export.Dim("columns")}
    program = torch.export.export(Squares(), (torch.rand(1, 6, 16, 24),), dynamic_shapes=(sides,))
    moves = [node for node in program.graph.nodes if "permute" in str(node.target) or "transpose" in str(node.target)]
    assert len(moves) == 2
    for images in (torch.rand(1, 6, 16, 24), torch.rand(1, 6, 20, 12)):
        for found, expected in zip(program.module()(images), Squares()(images), strict=True):
            assert torch.equal(found, expected)


@pytest.mark.parametrize(("kind", "finest"), [(S2DEncoder, 4), (S2DSmallEncoder, 4), (S2DDetailEncoder, 1)])
def test_levels_have_strides_4_to_32_and_a_detail_path_is_at_full_size(kind: type[S2DEncoder], finest: int) -> None:
    strides = kind(kind.Config(), 6).features.strides
    assert strides[-4:] == (4, 8, 16, 32)
    assert strides[0] == finest


def test_parameters_and_flops_at_224() -> None:
    """About 0.56 M parameters and 0.42 GFLOP with both heads' branches; the small one about half of that."""
    cost = {kind: _cost(kind) for kind in KINDS}
    parameters, flops = cost[S2DEncoder]
    assert 0.54e6 < parameters < 0.59e6
    assert 0.40e9 < flops < 0.44e9
    assert cost[S2DSmallEncoder][0] < 0.6 * parameters
    assert 0.4 * flops < cost[S2DSmallEncoder][1] < 0.6 * flops
    assert flops < cost[S2DDetailEncoder][1] < 2.1 * flops


def _cost(kind: type[S2DEncoder]) -> tuple[int, int]:
    with torch.device("meta"):
        encoder = kind(kind.Config(), 6).eval()
        decoder = UNetDecoder(UNetDecoder.Config(), encoder.features, ("mask", "depth")).eval()
        with FlopCounterMode(display=False) as counted, torch.no_grad():
            decoder(encoder(torch.zeros(1, 6, 224, 224)), ("mask", "depth"))
    parameters = sum(p.numel() for module in (encoder, decoder) for p in module.parameters())
    return parameters, counted.get_total_flops()
