"""Seeds as an axis, and each network's single-task baselines beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdf import api
from mdf.core.errors import ConfigError
from mdf.study.request.labels import label_all


def seeds(**keys: Any) -> list[int]:
    return [cell.seed for cell in api.cells(encoder="unet", predictor=[], **keys)]


def test_seeds_are_counted_from_0() -> None:
    assert seeds(seeds=3) == [0, 1, 2]
    assert seeds(seeds=1) == [0]
    assert seeds(seed=[4, 9]) == [4, 9]


def test_a_file_may_say_seeds_and_a_flag_goes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text("seeds = 2\n")
    assert seeds(config=path) == [0, 1]
    assert seeds(config=path, seeds=3) == [0, 1, 2]
    assert seeds(config=path, seed=7) == [7]


@pytest.mark.parametrize("keys", [{"seeds": 2, "seed": 1}, {"config": {"seeds": 0}}, {"config": {"seeds": "many"}}])
def test_seeds_that_cannot_be(keys: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="seeds") as caught:
        seeds(**keys)
    assert "seed" in caught.value.hint


def test_a_predictor_has_no_seeds() -> None:
    cells = api.cells(encoder="unet", predictor=["absdiff"], seeds=3)
    assert [cell.predictor is None for cell in cells] == [True] * 3 + [False]


def test_baselines_stand_beside_every_network_of_several_tasks_and_equal_ones_once() -> None:
    cells = api.cells(encoder="unet", loss=["l1", "mse"], predictor=["absdiff"], single_task=True)
    assert label_all(cells) == [
        "unet · mask + depth · mask bce, depth l1",
        "unet · mask + depth · mask bce, depth mse",
        "absdiff",
        "unet · mask alone · mask bce",
        "unet · depth alone · depth l1",
        "unet · depth alone · depth mse",
    ]
    assert [sorted(cell.loss) for cell in cells[3:]] == [["mask"], ["depth"], ["depth"]]


def test_a_baseline_has_no_schedule_and_no_weight_of_its_own() -> None:
    config = {"schedule": "alternate", "loss": {"depth": {"name": "l1", "weight": 3.0}}, "metrics": {"depth": ["rmse"]}}
    cells = api.cells(config=config, encoder="unet", predictor=[], single_task=True)
    assert [cell.schedule.name for cell in cells] == ["alternate", "joint", "joint"]
    assert [cell.loss["depth"].weight for cell in cells if "depth" in cell.loss] == [3.0, 1.0]
    assert [sorted(cell.metrics) for cell in cells] == [["depth"], [], ["depth"]]


def test_a_baseline_keeps_a_schedule_that_means_something_for_one_task() -> None:
    progressive = {"name": "progressive", "small": 32}
    cells = api.cells(
        config={"schedule": progressive, "balance": "dwa"}, encoder="unet", predictor=[], single_task=True
    )
    assert [cell.schedule.options for cell in cells] == [{"small": 32}] * 3
    assert [cell.balance.name for cell in cells] == ["dwa", "fixed", "fixed"]


def test_a_network_of_one_task_has_no_baseline() -> None:
    assert len(api.cells(encoder="unet", heads="mask", predictor=[], single_task=True)) == 1
