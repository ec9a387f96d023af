"""What is measured once: cells that differ in nothing that a cost depends on."""

from __future__ import annotations

from typing import Any

import pytest

from mdf.core.config import validate
from mdf.study.cell import Cell
from mdf.study.costs.key import cost_key

STAMP = {"device": "cpu", "threads": 2, "torch": "2", "precision": "fp32"}
TABLE = {"encoder": "unet", "size": 64, "loss": {"depth": "l1"}, "threads": 2, "device": "cpu", "precision": "fp32"}


def key(stamp: dict[str, Any] = STAMP, **changes: Any) -> str:
    config = validate({**TABLE, **changes})
    return cost_key(Cell(config, "data", "scene", ("mask",), stamp, {}, "", "", ("cpu",), 1))


@pytest.mark.parametrize(
    "changes",
    [{"seed": 3}, {"loss": {"depth": "mse"}}, {"schedule": "alternate"}, {"train": {"steps": 5}}, {"data": "folder:x"}],
)
def test_what_cannot_change_a_cost_is_no_part(changes: dict[str, Any]) -> None:
    assert key(**changes) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"encoder": "resnet18"},
        {"encoder": {"name": "unet", "width": 8}},
        {"size": 224},
        {"heads": "mask"},
        {"train": {"batch_size": 4}},
        {"train": {"accumulate": 2}},
        {"train": {"recompute": "on"}},
        {"precision": "bf16"},
        {"threads": 1},
        {"teacher": "abc"},
        {"stamp": {**STAMP, "torch": "3"}},
    ],
)
def test_what_can_is(changes: dict[str, Any]) -> None:
    assert key(**changes) != key()


def test_a_teacher_costs_the_same_whatever_its_weight() -> None:
    assert key(teacher="0.5*abc") == key(teacher="abc") != key(teacher="def")


def test_a_predictor_has_costs_of_its_own_whatever_the_networks_options() -> None:
    assert key(predictor="absdiff") != key()
    assert key(predictor="absdiff", encoder="resnet18") == key(predictor="absdiff")
