"""The choice of frames: by all configurations and tasks, each frame in one group, from different scenes."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mdf.core.metric import Metric, Protocol
from mdf.engine.scoring import Column
from mdf.report.frames.choose import _groups, _rank, _worst_first


class Given(Metric):
    """A metric whose statistics are its scores."""

    label = "given"

    def __init__(self, direction: str) -> None:
        self.protocol = Protocol("pooled", direction, 0.0)  # type: ignore[arg-type]

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        return prediction

    def score(self, totals: Tensor) -> Tensor:
        return totals


IOU, RMSE = Column("mask", "iou", Given("higher")), Column("depth", "rmse", Given("lower"))


def scores(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_worst_first_over_configurations_and_tasks() -> None:
    one = [(IOU, scores(0.9, 0.2, 0.5)), (RMSE, scores(1.0, 3.0, 2.0))]
    other = [(IOU, scores(0.8, 0.1, 0.6))]
    assert _worst_first([one, other], 3) == [1, 2, 0]


def test_a_tasks_unit_does_not_change_the_order() -> None:
    metres = [(IOU, scores(0.1, 0.5, 0.9)), (RMSE, scores(1.0, 2.0, 3.0))]
    millimetres = [(IOU, scores(0.1, 0.5, 0.9)), (RMSE, scores(1000.0, 2000.0, 3000.0))]
    assert _worst_first([metres], 3) == _worst_first([millimetres], 3)


def test_a_frame_without_any_score_is_not_shown() -> None:
    nan = float("nan")
    assert _worst_first([[(IOU, scores(0.9, nan, 0.5))]], 3) == [2, 0]
    assert _worst_first([[(IOU, scores(0.9, nan, 0.5))], [(IOU, scores(nan, 0.1, nan))]], 3) == [1, 2, 0]


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, float("nan")]), min_size=1, max_size=20))
def test_ranks_lie_between_0_and_1_and_equal_scores_share_one(values: list[float]) -> None:
    ranks = _rank(scores(*values))
    for a, x in zip(values, ranks.tolist(), strict=True):
        assert (x != x) == (a != a)
        for b, y in zip(values, ranks.tolist(), strict=True):
            if a == a and b == b:
                assert (x < y) == (a < b)
                assert 0 <= x <= 1


def test_ranking_needs_memory_per_frame_and_not_per_pair_of_frames() -> None:
    ranks = _rank(torch.arange(500_000, dtype=torch.float64))
    assert ranks[0] < ranks[250_000] < ranks[-1]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(1, 3))
def test_groups_share_no_frame_and_take_different_scenes_first(scenes: list[int], count: int) -> None:
    order = list(range(len(scenes)))
    groups = _groups(order, [f"scene {n}" for n in scenes], count)
    taken = [at for group in groups.values() for at in group]
    assert len(set(taken)) == len(taken) == min(len(order), 3 * count)
    assert groups["worst"][0] == 0
    if len(order) > count:
        assert groups["best"][0] == max(set(order) - set(groups["worst"]) - set(groups["median"]))
    different = len(set(scenes))
    assert len({scenes[at] for at in groups["worst"]}) == min(different, len(groups["worst"]))
