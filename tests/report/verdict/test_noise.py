"""How often pairs are called different: rarely if they are equal, mostly if they are not. All generators are fixed.

Few resamples are drawn, to be quick. More resamples only make the variance of the images more exact.
"""

from __future__ import annotations

import numpy as np
import pytest
from simulated_study import World, compared, iou

from mdf.report.verdict.interval import Part, difference, half_width, holm

PAIRS, RESAMPLES = 1000, 100


def share_called(seeds: int, pairs: int, generator: int, gap: float = 0.0, **noise: float) -> float:
    """The share of `pairs` of configurations, `gap` apart, that is called different at 5 %."""
    random = np.random.default_rng(generator)
    called = 0
    for _ in range(pairs):
        world = World(random)
        a, b = (world.counts(level, seeds, **noise) for level in (0.8 + gap, 0.8))
        called += compared(world, a, b, RESAMPLES).p < 0.05
    return called / pairs


@pytest.mark.parametrize("seeds", [3, 5])
def test_few_of_a_thousand_equal_pairs_are_called_different(seeds: int) -> None:
    called = share_called(seeds, PAIRS, generator=seeds, seed_noise=0.005, image_noise=0.05)
    assert called <= 0.07


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_few_pairs_that_differ_per_image_but_not_on_average_are_called_different(seeds: int) -> None:
    called = share_called(seeds, 500, generator=10 + seeds, seed_noise=0.005, image_noise=0.03, own=0.04)
    assert called <= 0.07


def test_the_simulated_noise_would_deceive_a_percentile_bootstrap() -> None:
    """So the tests above pass because the verdict is sound, and not because the data are quiet."""
    random = np.random.default_rng(0)
    called = 0
    for _ in range(200):
        world = World(random)
        a, b = (iou(world.counts(0.8, 3, seed_noise=0.005, image_noise=0.05).sum(0)) for _ in "ab")
        chosen = random.integers(0, 3, (2, 200, 3))
        low, high = np.percentile(a[chosen[0]].mean(1) - b[chosen[1]].mean(1), [2.5, 97.5])
        called += low > 0 or high < 0
    assert called / 200 > 0.12


@pytest.mark.parametrize(("seeds", "power"), [(3, 0.3), (5, 0.55), (8, 0.9)])
def test_a_gap_of_one_point_is_found(seeds: int, power: float) -> None:
    assert share_called(seeds, 200, generator=7, gap=0.01, seed_noise=0.003, image_noise=0.03) >= power


def test_the_interval_contains_the_true_difference() -> None:
    random = np.random.default_rng(3)
    contained = 0
    for _ in range(300):
        world = World(random, images=60, scenes=60)
        a, b = (world.counts(level, 3, seed_noise=0.01, image_noise=0.0) for level in (0.62, 0.6))
        gap_measured = compared(world, a, b, RESAMPLES)
        contained += abs(gap_measured.value - 0.02) <= gap_measured.half_width
    assert contained / 300 >= 0.93


def test_a_predictor_without_seeds_is_compared_by_the_other_rows_seeds() -> None:
    still = np.zeros((50, 1))
    network = Part(np.array([0.71, 0.70, 0.72]), np.zeros((50, 3)))
    gap_measured = difference([(1.0, network), (-1.0, Part(np.array([0.5]), still, is_random=False))], groups=20)
    assert gap_measured.freedom == pytest.approx(2.0)
    assert gap_measured.half_width == pytest.approx(half_width(np.array([0.71, 0.70, 0.72])))
    assert gap_measured.value == pytest.approx(0.21)


def test_interval_of_three_seeds_is_students_t() -> None:
    assert half_width(np.array([1.0, 2.0, 3.0])) == pytest.approx(4.302653 * 1 / 3**0.5)
    assert half_width(np.array([1.0])) is None


def test_more_seeds_are_advised_if_they_help() -> None:
    random = np.random.default_rng(5)
    world = World(random)
    a, b = (world.counts(level, 3, seed_noise=0.02, image_noise=0.0) for level in (0.82, 0.8))
    gap_measured = compared(world, a, b, 200)
    more = gap_measured.more_seeds(0.05)
    assert gap_measured.p > 0.05
    assert more is not None
    assert 1 <= more <= 100
    assert (gap_measured.more_seeds(0.001) or 0) > more


def test_no_seeds_are_advised_against_the_noise_of_images() -> None:
    images = np.random.default_rng(0).normal(0.0, 1.0, (400, 1))
    one, other = Part(np.array([0.011, 0.01, 0.009]), images + np.zeros(3)), Part(np.zeros(3), np.zeros((400, 3)))
    assert difference([(1.0, one), (-1.0, other)], groups=30).more_seeds(0.05) is None


def test_holm_multiplies_the_smallest_by_all_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.6, 0.9]) == [1.0, 1.0]
