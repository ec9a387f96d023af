"""AUSE against a plain loop and for cases with a known result; and the spread's way from head to metric."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.sample import Batch
from mdf.core.task import public_outputs
from mdf.engine.scoring import Column, sample_statistics
from mdf.plugins.heads.depth import DepthHead, DepthTask
from mdf.plugins.heads.depth_laplace import HIGHEST, LaplaceDepthHead, LaplaceDepthTask
from mdf.plugins.metrics.absolute import MAE
from mdf.plugins.metrics.sparsification import AUSE

METRIC = AUSE(AUSE.Config())


def by_hand(error: np.ndarray, spread: np.ndarray, steps: int) -> float:
    areas = []
    for step in range(steps):
        gone = step * len(error) // steps
        left = [error[np.lexsort((np.arange(len(error)), -key))][gone:].mean() for key in (spread, error)]
        areas.append(left[0] - left[1])
    return float(np.mean(areas) / error.mean())


@given(st.integers(0, 2**31), st.integers(2, 40))
@settings(max_examples=20)
def test_it_agrees_with_a_plain_loop(seed: int, steps: int) -> None:
    draws = torch.rand(4, 3, 1, 7, 9, generator=torch.Generator().manual_seed(seed))
    value, spread, target, valid = draws[0], draws[1], draws[2], draws[3] > 0.3
    metric = AUSE(AUSE.Config(steps=steps))
    statistics = metric.statistics(torch.cat([value, spread], dim=1), target, valid)
    expected = [
        by_hand((v - t).abs()[k].double().numpy(), s[k].double().numpy(), steps)
        for v, s, t, k in zip(value, spread, target, valid, strict=True)
    ]
    assert statistics[:, 0].tolist() == pytest.approx(expected, rel=1e-4)


def test_the_right_order_scores_0_and_the_reverse_order_worse_than_random() -> None:
    target = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    value, valid = torch.zeros_like(target), target >= 0
    scores = [
        METRIC.score(METRIC.statistics(torch.cat([value, spread], dim=1), target, valid).sum(0)).item()
        for spread in (3 * target.square(), torch.ones_like(target), 1 - target)
    ]
    assert scores[0] == 0
    assert scores[0] < scores[1] < scores[2]


def test_only_metrics_of_distributions_get_the_spread_in_the_tasks_unit() -> None:
    task = LaplaceDepthTask(LaplaceDepthHead.Config())
    task.configure({"scale": 10.0})
    logits = torch.stack([torch.zeros(6, 8), torch.full((6, 8), 50.0)])[None]
    outputs = public_outputs({"depth": task}, {"depth": logits})
    assert outputs["depth"].unique().tolist() == [6.25]
    assert outputs["depth/spread"].unique().item() == pytest.approx(10 * math.exp(HIGHEST))
    images, target = torch.zeros(1, 3, 12, 16, dtype=torch.uint8), torch.full((1, 1, 12, 16), 6.0)
    batch = Batch(("a",), ("s",), images, images, {"depth": target}, {"depth": target > 0})
    columns = [Column("depth", "mae", MAE(MAE.Config())), Column("depth", "ause", METRIC)]
    found = sample_statistics(lambda _: outputs, [batch], columns, {"depth": task}, "cpu").scores(columns)
    assert found == {"depth/mae": pytest.approx(0.25), "depth/ause": pytest.approx(0.0, abs=1e-9)}
    plain = DepthTask(DepthHead.Config())
    sure = public_outputs({"depth": plain}, {"depth": logits[:, :1]})
    assert set(sure) == {"depth"}
    assert set(sample_statistics(lambda _: sure, [batch], columns, {"depth": plain}, "cpu").scores(columns)) == {
        "depth/mae"
    }
