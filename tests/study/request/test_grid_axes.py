"""Axes of a grid: none vanishes, and a predictor has one row for every setting that it reads."""

from __future__ import annotations

from typing import Any

import pytest

from mdf import api
from mdf.core.errors import ConfigError
from mdf.study.request.labels import label_all


def cells(**keys: Any) -> list[Any]:
    return api.cells(**keys)


@pytest.mark.parametrize("first", ["encoder", "encoder.width"])
def test_a_components_name_and_its_option_are_both_axes_in_any_order(first: str) -> None:
    axes = {"encoder": ["unet"], "encoder.width": [8, 16]}
    ordered = {first: axes[first], **axes}
    found = cells(config={"grid": ordered}, predictor=[])
    assert [cell.encoder.options for cell in found] == [{"width": 8}, {"width": 16}]


def test_dotted_keys_of_a_toml_grid_need_no_quotes() -> None:
    found = cells(config={"grid": {"train": {"lr": [0.1, 0.2]}}}, encoder="unet", predictor=[])
    assert [cell.train.lr for cell in found] == [0.1, 0.2]


def test_a_predictor_has_a_row_for_each_size_and_one_for_all_seeds() -> None:
    found = cells(encoder=["unet", "resnet18"], size=[32, 64], seed=[0, 1, 2], predictor=["absdiff"])
    rows = [cell.size for cell in found if cell.predictor is not None]
    assert rows == [(32, 32), (64, 64)]
    assert len(found) == 2 * 2 * 3 + 2


def test_data_cannot_be_an_axis() -> None:
    with pytest.raises(ConfigError, match="cannot be an axis"):
        cells(data=["scenes", "scenes"])


def test_amounts_of_training_data_are_an_axis_by_the_road_that_the_error_names() -> None:
    with pytest.raises(ConfigError, match=r"`data\.train` cannot be an axis") as caught:
        cells(config={"grid": {"data.train": [100, 400]}})
    assert "or let `[grid]` go through `extra_train`" in caught.value.hint
    more = [{"name": "scenes", "train": 300, "seed": 1}]
    found = cells(config={"grid": {"extra_train": [[], more]}}, encoder="unet", predictor=[])
    assert [[extra.options["train"] for extra in cell.extra_train] for cell in found] == [[], [300]]


def test_two_rows_of_one_predictor_have_two_labels() -> None:
    asked = [{"name": "mog2", "threshold": 10}, {"name": "mog2", "threshold": 500}]
    labels = label_all(cells(encoder="unet", predictor=[*asked, "absdiff"]))
    assert labels[1:] == ["mog2 · predictor.threshold 10", "mog2 · predictor.threshold 500", "absdiff"]
