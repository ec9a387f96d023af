"""Normalisation: by measured statistics, or by each background's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.engine.prepare import colours
from mdf.engine.prepare.colours import unit_range
from mdf.engine.prepare.normalise import Mode, Normalise, frame_statistics


def images(seed: int = 0, count: int = 2) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 10, 12), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


@given(seed=st.integers(0, 2**31), count=st.integers(1, 5))
def test_measured_statistics_are_those_of_all_pixels(seed: int, count: int) -> None:
    frames = images(seed, count)
    mean, std = frame_statistics(frames)
    pixels = frames.double().transpose(0, 1).flatten(1) / 255
    assert mean == pytest.approx(pixels.mean(1).tolist(), abs=1e-9)
    assert std == pytest.approx(pixels.std(1, correction=0).tolist(), abs=1e-9)


def test_one_grey_everywhere_has_a_deviation_to_divide_by() -> None:
    mean, std = frame_statistics(torch.full((2, 3, 4, 4), 51, dtype=torch.uint8))
    assert mean == pytest.approx([0.2] * 3)
    assert min(std) > 0


def test_dataset_statistics_give_zero_mean_and_unit_deviation() -> None:
    frames = images(1, 4)
    bg, fg_bg = Normalise("dataset", *frame_statistics(frames))(frames, frames)
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


@pytest.mark.parametrize("mode", ["dataset", "pair", "encoder"])
@given(seed=st.integers(0, 2**31), count=st.integers(1, 4), height=st.integers(2, 20), width=st.integers(2, 20))
def test_jitter_and_normalisation_in_one_are_those_one_after_the_other(
    mode: Mode, seed: int, count: int, height: int, width: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    pair = torch.randint(0, 256, (2, count, 3, height, width), generator=random, dtype=torch.uint8)
    jitter = torch.rand(count, 2, 5, generator=random) - 0.2
    before = pair.clone()
    found = Normalise(mode, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))(*pair, jitter)
    changed = []
    for images, (gain, red, green, blue, offset) in zip(pair, jitter.double().permute(1, 2, 0), strict=True):
        unit = images.double() / 255
        mixed = torch.einsum("cn,nchw->nhw", torch.stack([red, green, blue]), unit)[:, None]
        changed.append((gain.view(-1, 1, 1, 1) * unit + mixed + offset.view(-1, 1, 1, 1)).clamp(0, 1))
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in ((0.4, 0.5, 0.6), (0.2, 0.25, 0.3)))
    if mode == "pair":
        std, mean = torch.std_mean(changed[0], (2, 3), keepdim=True)
        std = std.clamp_min(1 / 255)
    for one, expected in zip(found, changed, strict=True):
        # 1e-5 of the range 0–1, which is divided by the deviation
        assert ((one - (expected - mean) / std).abs() * std).max() < 1e-5
    assert torch.equal(pair, before)


def test_jitter_is_as_exact_where_the_network_runs_in_half_precision() -> None:
    jitter = torch.rand(2, 2, 5) - 0.2
    normalise = Normalise("dataset", (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
    plain = normalise(images(5), images(6), jitter)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for found, expected in zip(normalise(images(5), images(6), jitter), plain, strict=True):
            assert torch.equal(found, expected)


@pytest.mark.parametrize("mode", ["dataset", "pair", "frame"])
def test_images_that_are_float_already_are_left_alone(mode: Mode) -> None:
    bg, fg_bg = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    before = bg.clone(), fg_bg.clone()
    for jitter in (None, torch.rand(2, 2, 5)):
        Normalise(mode, (0.5,) * 3, (0.2,) * 3)(bg, fg_bg, jitter)
        assert torch.equal(bg, before[0])
        assert torch.equal(fg_bg, before[1])


def test_frame_uses_each_image_for_itself() -> None:
    normalise = Normalise("frame", (0, 0, 0), (1, 1, 1))
    for found in (normalise(images(2), images(3))[1], normalise(images(4), images(3))[1]):
        floats = images(3).float() / 255
        std, mean = torch.std_mean(floats, (2, 3), keepdim=True)
        torch.testing.assert_close(found, (floats - mean) / std)


def test_pair_of_a_covered_camera_stays_finite() -> None:
    black = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    for found in Normalise("pair", (0, 0, 0), (1, 1, 1))(black, images(4, 1)[..., :8, :8]):
        assert found.isfinite().all()


@pytest.mark.parametrize("mode", ["dataset", "pair", "frame", "encoder"])
def test_uint8_and_float_images_are_one_and_the_same(mode: str) -> None:
    bg, fg_bg = images(5), images(6)
    normalise = Normalise(mode, (0.4, 0.5, 0.6), (0.2, 0.2, 0.2))
    for a, b in zip(normalise(bg, fg_bg), normalise(bg.float() / 255, fg_bg.float() / 255), strict=True):
        assert a.dtype == torch.float32
        torch.testing.assert_close(a, b)


def test_unit_range_leaves_its_images_alone() -> None:
    for given_ in (images(7), torch.rand(1, 3, 2, 2)):
        before = given_.clone()
        assert 0 <= unit_range(given_).min() <= unit_range(given_).max() <= 1
        assert torch.equal(given_, before)


@given(seed=st.integers(0, 2**31), count=st.integers(0, 4), width=st.integers(1, 40), own=st.booleans())
def test_one_pass_and_pass_by_pass_are_the_same(seed: int, count: int, width: int, own: bool) -> None:
    random = torch.Generator().manual_seed(seed)
    frames = torch.randint(0, 256, (count, 3, 7, width), generator=random, dtype=torch.uint8)
    mean, std = torch.rand(2, count if own else 1, 3, 1, 1, generator=random)
    for jitter in (None, torch.rand(count, 5, generator=random) - 0.2):
        given_ = frames.transpose(2, 3), jitter, mean, std + 0.1  # in memory that is not in order
        torch.testing.assert_close(colours._in_one_pass(*given_), colours._pass_by_pass(*given_), atol=1e-4, rtol=1e-5)
