"""Normalisation: by measured statistics, or by each background's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.prepare.normalise import Normalise, measure, unit_range


def images(seed: int = 0, count: int = 2) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 10, 12), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


@given(seed=st.integers(0, 2**31), count=st.integers(1, 5))
def test_measured_statistics_are_those_of_all_pixels(seed: int, count: int) -> None:
    frames = images(seed, count)
    mean, std = measure(frames)
    pixels = frames.double().transpose(0, 1).flatten(1) / 255
    assert mean == pytest.approx(pixels.mean(1).tolist(), abs=1e-9)
    assert std == pytest.approx(pixels.std(1, correction=0).tolist(), abs=1e-9)


def test_one_grey_everywhere_has_a_deviation_to_divide_by() -> None:
    mean, std = measure(torch.full((2, 3, 4, 4), 51, dtype=torch.uint8))
    assert mean == pytest.approx([0.2] * 3)
    assert min(std) > 0


def test_dataset_statistics_give_zero_mean_and_unit_deviation() -> None:
    frames = images(1, 4)
    bg, fg_bg = Normalise("dataset", *measure(frames))(frames, frames)
    assert torch.equal(bg, fg_bg)
    assert bg.transpose(0, 1).flatten(1).mean(1).abs().max() < 1e-5
    torch.testing.assert_close(bg.transpose(0, 1).flatten(1).std(1, correction=0), torch.ones(3))


def test_pair_uses_each_background_for_both_images() -> None:
    bg, fg_bg = images(2), images(3)
    normalised = Normalise("pair", (0, 0, 0), (1, 1, 1))(bg, fg_bg)
    floats = bg.float() / 255
    std, mean = torch.std_mean(floats, (2, 3), keepdim=True)
    torch.testing.assert_close(normalised[0], (floats - mean) / std)
    torch.testing.assert_close(normalised[1], (fg_bg.float() / 255 - mean) / std)


def test_pair_of_a_covered_camera_stays_finite() -> None:
    black = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    for found in Normalise("pair", (0, 0, 0), (1, 1, 1))(black, images(4, 1)[..., :8, :8]):
        assert found.isfinite().all()


@pytest.mark.parametrize("mode", ["dataset", "pair", "encoder"])
def test_uint8_and_float_images_are_one_and_the_same(mode: str) -> None:
    bg, fg_bg = images(5), images(6)
    normalise = Normalise(mode, (0.4, 0.5, 0.6), (0.2, 0.2, 0.2))
    for a, b in zip(normalise(bg, fg_bg), normalise(bg.float() / 255, fg_bg.float() / 255), strict=True):
        assert a.dtype == torch.float32
        torch.testing.assert_close(a, b)


def test_unit_range_passes_floats_through_and_leaves_bytes_alone() -> None:
    bytes_, floats = images(7), torch.rand(1, 3, 2, 2)
    before = bytes_.clone()
    assert unit_range(floats) is floats
    assert unit_range(bytes_).max() <= 1
    assert torch.equal(bytes_, before)
