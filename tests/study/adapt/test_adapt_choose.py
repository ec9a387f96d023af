"""An adaptation is kept if nothing speaks against it; labelled frames decide alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mdf.study.adapt.choose import Candidate, choose
from mdf.study.adapt.request import Evidence

BEFORE = Evidence(figures=0.70, false=0.010, found=1.0)
BETTER = Evidence(figures=0.80, false=0.002, found=0.95)


def test_a_better_network_is_kept() -> None:
    choice = choose(BEFORE, [Candidate(1.0, BETTER), Candidate(0.5, replace(BETTER, figures=0.75))])
    assert choice.share == 1.0
    assert 0 < choice.expected < BETTER.figures - BEFORE.figures  # drawn figures promise more than real ones keep
    assert "0.700 to 0.800" in choice.reason
    assert "1.00% to 0.20%" in choice.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"figures": 0.69}, "fell from 0.700 to 0.690"),
        ({"false": 0.02}, "false foreground rose from 1.00% to 2.00%"),
        ({"found": 0.7}, "misses 30%"),
    ],
)
def test_one_objection_drops_it(change: dict[str, float], reason: str) -> None:
    choice = choose(BEFORE, [Candidate(1.0, replace(BETTER, **change))])
    assert (choice.share, choice.expected) == (0.0, 0.0)
    assert reason in choice.reason


@pytest.mark.parametrize("figures", [0.698, 0.70, 0.75])
def test_figures_need_not_be_found_better(figures: float) -> None:
    choice = choose(BEFORE, [Candidate(1.0, replace(BETTER, figures=figures)), Candidate(0.5, BETTER)])
    assert choice.share == 1.0
    assert choice.expected == pytest.approx(max(0.0, 0.5 * (figures - 0.70)))


def test_half_of_it_is_kept_where_all_of_it_is_too_much() -> None:
    half = replace(BETTER, figures=0.76)
    choice = choose(BEFORE, [Candidate(1.0, replace(BETTER, found=0.5)), Candidate(0.5, half)])
    assert choice.share == 0.5
    assert choice.after == half


def test_without_a_clip_nothing_has_to_be_found_again() -> None:
    assert choose(replace(BEFORE, found=None), [Candidate(1.0, replace(BETTER, found=None))]).share == 1.0


def test_a_depth_that_is_further_off_drops_it() -> None:
    before = replace(BEFORE, depth=0.10)
    worse, better = replace(BETTER, depth=0.12), replace(BETTER, depth=0.104)
    choice = choose(before, [Candidate(1.0, worse), Candidate(0.5, better)])
    assert choice.share == 0.5
    assert choose(before, [Candidate(1.0, worse)]).reason.startswith("the depth of drawn figures was 0.100 m off")
    assert choose(BEFORE, [Candidate(1.0, BETTER)]).share == 1.0  # no depth is told


def test_labelled_frames_decide_alone() -> None:
    before, drawn_worse = replace(BEFORE, labelled=0.80), Evidence(0.60, 0.05, 0.2, labelled=0.85)
    kept = choose(before, [Candidate(1.0, drawn_worse)])
    assert kept.share == 1.0
    assert kept.expected == pytest.approx(0.05)
    dropped = choose(before, [Candidate(1.0, replace(BETTER, labelled=0.79))])
    assert dropped.share == 0.0
    assert "labelled frames went from 0.800 to 0.790" in dropped.reason
    off = choose(replace(before, depth=0.10), [Candidate(1.0, replace(drawn_worse, depth=0.2))])
    assert off.reason.startswith("the depth of drawn figures was 0.100 m off")
