"""Absolute difference: Otsu's threshold against a plain loop and OpenCV, and the mask it gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.sample import Batch
from mdf.plugins.predictors.absdiff import AbsDiff, histogram, otsu


def batch_of(bg: torch.Tensor, fg_bg: torch.Tensor) -> Batch:
    names = tuple(str(i) for i in range(len(bg)))
    return Batch(names, names, bg, fg_bg)


def variance_between(counts: list[int], threshold: int) -> float:
    """The textbook's ω₀·ω₁·(μ₀ − μ₁)², a class at a time."""
    low = [(level, n) for level, n in enumerate(counts) if level <= threshold]
    high = [(level, n) for level, n in enumerate(counts) if level > threshold]
    sizes = [sum(n for _, n in part) for part in (low, high)]
    if 0 in sizes:
        return 0.0
    means = [sum(level * n for level, n in part) / size for part, size in zip((low, high), sizes, strict=True)]
    total = sum(counts)
    return float(sizes[0] / total * sizes[1] / total * (means[0] - means[1]) ** 2)


@given(st.dictionaries(st.integers(0, 255), st.integers(1, 10_000), min_size=2, max_size=12))
@settings(max_examples=50)
def test_no_threshold_splits_a_histogram_better(bins: dict[int, int]) -> None:
    counts = [bins.get(level, 0) for level in range(256)]
    threshold = int(otsu(torch.tensor([counts]))[0])
    best = max(variance_between(counts, level) for level in bins)  # between two levels, the classes do not change
    assert variance_between(counts, threshold) == pytest.approx(best, rel=1e-9)


def test_it_takes_the_lowest_of_equally_good_thresholds() -> None:
    counts = torch.zeros(1, 256, dtype=torch.int64)
    counts[0, [10, 200]] = torch.tensor([900_000, 100_000])
    assert otsu(counts).tolist() == [10]


def test_thresholds_equal_those_of_opencv() -> None:
    random = np.random.default_rng(0)
    grey = np.stack(
        [
            np.clip(random.normal(low, 9, (48, 64)) + (random.random((48, 64)) > 0.8) * high, 0, 255)
            for low, high in ((20, 100), (5, 40), (90, 120), (128, 60))
        ]
    ).astype(np.uint8)
    expected = [cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)[0] for image in grey]
    assert otsu(histogram(torch.from_numpy(grey))).tolist() == expected


def test_histograms_count_every_pixel_of_their_own_image() -> None:
    grey = torch.tensor([[[0, 0, 255]], [[7, 7, 7]]], dtype=torch.uint8)
    counts = histogram(grey)
    assert counts.shape == (2, 256)
    assert counts.sum(1).tolist() == [3, 3]
    assert (counts[0, 0], counts[0, 255], counts[1, 7]) == (2, 1, 3)


@pytest.mark.parametrize("channels", ["max", "mean"])
def test_an_object_is_found_and_a_frame_like_its_background_is_empty(channels: str) -> None:
    bg = torch.full((2, 3, 20, 30), 90, dtype=torch.uint8)
    fg_bg = bg.clone()
    fg_bg[0, :, 5:9, 10:20] = 30
    mask = AbsDiff(AbsDiff.Config(channels=channels)).predict(batch_of(bg, fg_bg))["mask"]
    assert mask.shape == (2, 1, 20, 30)
    assert mask.dtype == torch.float32
    assert torch.equal(mask[0] > 0, fg_bg[:1, 0] != bg[:1, 0])
    assert not mask[1].any()


def test_a_uniform_change_of_exposure_is_not_foreground() -> None:
    bg = torch.full((1, 3, 8, 8), 90, dtype=torch.uint8)
    assert not AbsDiff(AbsDiff.Config()).predict(batch_of(bg, bg + 12))["mask"].any()


def test_maximum_and_mean_of_the_channels_differ() -> None:
    """Differences 100 in red alone and 40 in each colour: the largest is 100 and 40, the mean 33 and 40."""
    bg, fg_bg = torch.zeros(1, 3, 1, 9, dtype=torch.uint8), torch.zeros(1, 3, 1, 9, dtype=torch.uint8)
    fg_bg[0, 0, 0, 0] = 100
    fg_bg[0, :, 0, 1] = 40
    red_only = {c: AbsDiff(AbsDiff.Config(channels=c)).predict(batch_of(bg, fg_bg))["mask"] for c in ("max", "mean")}
    assert red_only["max"][0, 0, 0, :2].tolist() == [1, 0]
    assert red_only["mean"][0, 0, 0, :2].tolist() == [1, 1]


def test_float_images_and_any_batch_give_the_same_mask() -> None:
    draws = torch.randint(0, 256, (2, 5, 3, 12, 14), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    predictor = AbsDiff(AbsDiff.Config())
    stored = predictor.predict(batch_of(draws[0], draws[1]))["mask"]
    assert torch.equal(predictor.predict(batch_of(draws[0] / 255, draws[1] / 255))["mask"], stored)
    single = [predictor.predict(batch_of(draws[0, i : i + 1], draws[1, i : i + 1]))["mask"] for i in range(5)]
    assert torch.equal(torch.cat(single), stored)
