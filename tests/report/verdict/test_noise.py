"""What is called different: seldom where there is no difference, mostly where there is one. All with fixed generators.

The resamples are few here, to be quick; more of them make the variance of the images' part exacter, nothing else.
"""

from __future__ import annotations

import numpy as np
import pytest
from simulated_study import World, compared, iou

from mdf.report.verdict.interval import Part, difference, half_width, holm

PAIRS, RESAMPLES = 1000, 100


def share_called(seeds: int, pairs: int, generator: int, gap: float = 0.0, **noise: float) -> float:
    """How many of `pairs` of configurations, `gap` apart, are called different at 5 %."""
    random = np.random.default_rng(generator)
    called = 0
    for _ in range(pairs):
        world = World(random)
        a, b = (world.counts(level, seeds, **noise) for level in (0.8 + gap, 0.8))
        called += compared(world, a, b, RESAMPLES).p < 0.05
    return called / pairs


@pytest.mark.parametrize("seeds", [3, 5])
def test_of_a_thousand_pairs_of_the_same_configuration_few_are_called_different(seeds: int) -> None:
    called = share_called(seeds, PAIRS, generator=seeds, seed_noise=0.005, image_noise=0.05)
    assert called <= 0.07


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_nor_of_pairs_that_differ_image_by_image_and_not_on_the_whole(seeds: int) -> None:
    called = share_called(seeds, 500, generator=10 + seeds, seed_noise=0.005, image_noise=0.03, own=0.04)
    assert called <= 0.07


def test_the_noise_that_these_tests_draw_is_noise() -> None:
    """A percentile bootstrap over seeds would fall for it: the promise above is not kept by quiet data."""
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


def test_the_interval_holds_the_true_difference() -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        world = World(random, images=60, scenes=60)
        a, b = (world.counts(level, 3, seed_noise=0.01, image_noise=0.0) for level in (0.62, 0.6))
        found = compared(world, a, b, RESAMPLES)
        held += abs(found.value - 0.02) <= found.half_width
    assert held / 300 >= 0.93


def test_a_method_without_chance_is_compared_with_by_the_other_ones_seeds() -> None:
    still = np.zeros((50, 1))
    network = Part(np.array([0.71, 0.70, 0.72]), np.zeros((50, 3)))
    found = difference([(1.0, network), (-1.0, Part(np.array([0.5]), still, is_random=False))], groups=20)
    assert found.freedom == pytest.approx(2.0)
    assert found.half_width == pytest.approx(half_width(np.array([0.71, 0.70, 0.72])))
    assert found.value == pytest.approx(0.21)


def test_students_interval_of_three_seeds() -> None:
    assert half_width(np.array([1.0, 2.0, 3.0])) == pytest.approx(4.302653 * 1 / 3**0.5)
    assert half_width(np.array([1.0])) is None


def test_more_seeds_are_advised_where_they_help_and_they_do() -> None:
    random = np.random.default_rng(5)
    world = World(random)
    a, b = (world.counts(level, 3, seed_noise=0.02, image_noise=0.0) for level in (0.82, 0.8))
    found = compared(world, a, b, 200)
    more = found.more_seeds(0.05)
    assert found.p > 0.05
    assert more is not None
    assert 1 <= more <= 100
    assert (found.more_seeds(0.001) or 0) > more


def test_seeds_are_not_advised_against_the_noise_of_images() -> None:
    images = np.random.default_rng(0).normal(0.0, 1.0, (400, 1))
    one, other = Part(np.array([0.011, 0.01, 0.009]), images + np.zeros(3)), Part(np.zeros(3), np.zeros((400, 3)))
    assert difference([(1.0, one), (-1.0, other)], groups=30).more_seeds(0.05) is None


def test_holm_multiplies_the_smallest_by_all_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.6, 0.9]) == [1.0, 1.0]
