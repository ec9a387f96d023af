"""Labels tell cells apart with as few words as do."""

from __future__ import annotations

from typing import Any

import pytest

from mdf import api
from mdf.study.request.labels import flatten, label_all
from mdf.study.single_task import with_baselines

BOUNDARIES = [[{"name": "boundary-f", "tolerance": tolerance}] for tolerance in (2, 4)]
HUBERS = [{"name": "huber", "delta": delta} for delta in (0.1, 0.5)]


@pytest.mark.parametrize(
    ("keys", "labels"),
    [
        ({"encoder": "unet"}, ["unet · mask bce, depth l1"]),
        ({"encoder": "unet", "loss": ["l1", "mse"]}, ["unet · depth l1", "unet · depth mse"]),
        ({"encoder": "unet", "size": [64, "48x64"]}, None),
        ({"encoder": "unet", "seed": [0, 1, 2]}, None),
        ({"config": {"encoder": "unet", "grid": {"encoder.width": [4, 8]}}}, None),
        ({"config": {"encoder": "unet", "grid": {"normalise": ["pair", "dataset"]}}}, None),
        ({"config": {"encoder": "unet", "grid": {"loss.depth.weight": [1.0, 2.0]}}}, None),
        (
            {"config": {"encoder": "unet", "grid": {"loss.depth": HUBERS}}},
            ["unet · depth huber (delta 0.1)", "unet · depth huber (delta 0.5)"],
        ),
        (
            {"config": {"encoder": "unet", "heads": "depth", "grid": {"metrics.depth": [["rmse"], ["absrel"]]}}},
            ["unet · depth l1 · metrics.depth rmse", "unet · depth l1 · metrics.depth absrel"],
        ),
        (
            {"config": {"encoder": "unet", "heads": "mask", "grid": {"metrics.mask": BOUNDARIES}}},
            [f"unet · mask bce · metrics.mask boundary-f (tolerance {n})" for n in (2, 4)],
        ),
    ],
    ids=str,
)
def test_no_two_cells_have_one_label(keys: dict[str, Any], labels: list[str] | None) -> None:
    found = label_all(api.cells(predictor=[], **keys))
    assert len(set(found)) == len(found)
    assert all("\n" not in label and len(label) < 60 for label in found)
    if labels is not None:
        assert found == labels


def test_nested_tables_as_dotted_keys() -> None:
    assert flatten({"a": {"b": 1, "c": {"d": 2}}, "e": [3]}) == {"a.b": 1, "a.c.d": 2, "e": [3]}


def test_a_baseline_does_not_tell_the_metrics_that_follow_from_its_task() -> None:
    cells = api.cells(predictor=[], encoder="unet", config={"metrics": {"mask": ["iou"], "depth": ["rmse"]}})
    assert not any("metrics" in label for label in label_all(with_baselines(cells)))
