"""Training on more data, scoring on other data: `extra_train` and `eval_data`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_study import study

from mdf.core.errors import ConfigError

OTHER = {"name": "scenes", "seed": 7, "train": 16, "val": 4, "test": 4, "size": 32}
SHAPES = {"name": "scenes", "style": "shapes", "train": 16, "val": 4, "test": 4, "size": 32}


def test_other_data_have_columns_of_their_own(tmp_path: Path) -> None:
    report = study(tmp_path, eval_data=[OTHER, SHAPES], predictor="absdiff")
    titles = [column.title for column in report.columns]
    assert titles[0] == "mask IoU"
    assert titles.index("scenes: mask IoU") > titles.index("depth RMSE [m]")
    assert "scenes-2: mask IoU" in titles
    assert "scenes-2: depth RMSE [m]" not in titles, "shapes have no depth"
    network, absdiff = report.results
    assert network.scores["depth/rmse@scenes"] != network.scores["depth/rmse"]
    assert absdiff.scores["mask/iou@scenes-2"] != absdiff.scores["mask/iou@scenes"]


def test_extra_training_data_change_the_result_and_not_the_evaluation(tmp_path: Path) -> None:
    alone = study(tmp_path).results[0]
    more = study(tmp_path, extra_train=[SHAPES]).results[0]
    assert more.id != alone.id
    assert more.scores != alone.scores
    assert set(more.scores) == set(alone.scores)


def test_data_that_are_trained_on_are_not_scored_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is trained on"):
        study(tmp_path, extra_train=[OTHER], eval_data=[OTHER])
