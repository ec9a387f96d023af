"""The known depth of the empty scene as a network reads it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mdf.core.config import Augment
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.engine.prepare.augment import augment
from mdf.engine.prepare.guide import WRONG_SCALE, guidance, read_guide


def slope(count: int = 1, height: int = 40, width: int = 60) -> Tensor:
    """Depths from 2 m at the bottom to 8 m at the top."""
    return torch.linspace(8, 2, height).view(1, 1, -1, 1).expand(count, 1, height, width).clone()


def test_holes_are_filled_and_told() -> None:
    depth = slope()
    depth[..., 10:20, 15:25] = torch.nan
    depth[..., 0, 0] = 0
    guide = read_guide(depth)
    assert guide.depth.isfinite().all()
    known = depth.isfinite() & (depth > 0)
    assert torch.allclose(guide.depth[known], depth[known])
    assert (guide.depth / slope() - 1).abs().max() < 0.4
    assert torch.equal(guide.channels[:, 1:], known.float())


def test_an_image_without_depth_gives_nothing_and_leaves_the_others_alone() -> None:
    both = torch.cat([slope(), torch.full((1, 1, 40, 60), torch.nan)])
    guide = read_guide(both)
    assert guide.depth[1].isnan().all()
    assert not guide.channels[1].any()
    assert torch.equal(guide.channels[:1], read_guide(slope()).channels)


@pytest.mark.parametrize("factor", [0.001, 0.7, 100.0])
def test_channels_have_no_scale(factor: float) -> None:
    assert torch.allclose(read_guide(slope() * factor).channels, read_guide(slope()).channels, atol=1e-5)


def test_a_prediction_equal_to_the_small_depth_becomes_the_native_one() -> None:
    depth = slope(height=90, width=130) * 40
    depth[..., 30:40, 50:60] = torch.nan
    guide = guidance(depth, (24, 32), limits=(0.3, 30.0))
    assert math.isclose(float(guide.small.nanmedian()), 3.0, rel_tol=0.5)
    sharp = guide.sharpened(read_guide(guide.small).depth)
    known = depth.isfinite()
    assert torch.allclose(sharp[known], depth[known], rtol=1e-4)
    assert torch.allclose(guide.sharpened(0.5 * read_guide(guide.small).depth)[known], 0.5 * depth[known], rtol=1e-4)


def test_a_large_hole_and_a_sparse_depth_are_filled_from_their_surroundings() -> None:
    depth = slope(height=480, width=640)
    depth[..., :150, 200:350] = torch.nan
    guide = guidance(depth, (96, 128), limits=(0.3, 30.0))
    sharp = guide.sharpened(read_guide(guide.small).depth.clamp(0.3, 30.0))
    assert (sharp / slope(height=480, width=640) - 1).abs().max() < 0.6
    few = torch.full((1, 1, 480, 640), torch.nan)
    few[..., 100, 101] = 4.0
    sparse = guidance(few, (24, 32), limits=(0.3, 30.0))
    assert torch.allclose(sparse.sharpened(sparse.small), torch.tensor(4.0), rtol=1e-3)


def test_the_guidance_by_what_the_network_sees_is_the_same() -> None:
    """So a graph that is given the small depth has the session's scale."""
    depth = slope(height=91, width=133) * 40
    depth[..., 30:40, 50:60] = torch.nan
    guide = guidance(depth, (24, 32), limits=(0.3, 30.0))
    again = guidance(guide.small, (24, 32), limits=(0.3, 30.0))
    assert torch.allclose(again.small, guide.small, rtol=1e-5, equal_nan=True)
    assert torch.allclose(again.base, guide.base, rtol=1e-5)


def test_depths_far_beyond_the_networks_range_come_back() -> None:
    depth = torch.full((1, 1, 48, 64), 2.0)
    depth[..., :8, :] = 90.0
    guide = guidance(depth, (24, 32), limits=(0.3, 30.0))
    assert torch.allclose(guide.sharpened(read_guide(guide.small).depth.clamp(0.3, 30.0)), depth, rtol=1e-3)


def test_without_a_known_depth_predictions_are_enlarged_as_they_are() -> None:
    guide = guidance(torch.full((1, 1, 90, 130), torch.nan), (24, 32), limits=(0.3, 30.0))
    assert torch.equal(guide.sharpened(torch.full((1, 1, 24, 32), 5.0)), torch.full((1, 1, 90, 130), 5.0))


def batch(depth: Tensor) -> Batch:
    count, _, height, width = depth.shape
    images = torch.zeros(count, 3, height, width, dtype=torch.uint8)
    names = tuple(str(number) for number in range(count))
    return Batch(names, names, images, images, known={BACKGROUND_DEPTH: depth})


def test_training_makes_it_as_bad_as_peoples() -> None:
    settings = Augment(flip=0, without_depth=0.25)
    depth = slope(400)
    worse = augment(batch(depth), settings, {}, torch.Generator().manual_seed(3)).known[BACKGROUND_DEPTH]
    absent = worse.flatten(1).isnan().all(1)
    assert 0.18 < absent.float().mean() < 0.32
    some = worse[~absent]
    holed = some.flatten(1).isnan().any(1)
    assert 0.3 < holed.float().mean() < 0.6
    scale = (some / depth[~absent]).flatten(1).nanmedian(1).values
    assert 0.3 < ((scale - 1).abs() > 0.03).float().mean() < 0.6
    assert (scale - 1).abs().max() < WRONG_SCALE + 0.05
    assert (worse == depth).flatten(1).all(1).any()


def test_it_is_mirrored_with_the_images() -> None:
    depth = torch.arange(60.0).add(1).expand(8, 1, 40, 60).clone()
    mirrored = augment(batch(depth), Augment(flip=1, without_depth=0), {}, torch.Generator().manual_seed(0))
    left, right = (
        mirrored.known[BACKGROUND_DEPTH][..., 5].nanmean(),
        mirrored.known[BACKGROUND_DEPTH][..., 55].nanmean(),
    )
    assert left > 4 * right


def test_nothing_is_drawn_where_no_depth_is_known() -> None:
    """A network without a guide learns from the same random numbers as before."""
    plain = Batch(("a",), ("a",), *(torch.zeros(1, 3, 8, 8, dtype=torch.uint8) for _ in range(2)))
    one, other = (torch.Generator().manual_seed(1) for _ in range(2))
    augment(plain, Augment(), {}, one)
    augment(plain, Augment(without_depth=0.1), {}, other)
    assert torch.equal(one.get_state(), other.get_state())
