"""What is measured is what trains: its tasks, its data, and no sample that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faulty_set import cut_short, make_folder

from mdf import api
from mdf.study.cell import SurveyRequest
from mdf.study.costs.bench import Bench, bench
from mdf.study.survey import survey

ROOMS = {"name": "scenes", "train": 6, "val": 2, "test": 2, "size": 32}
SMALL = ["encoder.width=4", "encoder.depth=2", "threads=1", "train.batch_size=4", "size=32"]


def benched(settings: list[str], **keys: Any) -> Bench:
    configs = api.cells(encoder="unet", loss="l1", predictor=[], device="cpu", settings=[*SMALL, *settings], **keys)
    (cell,) = survey(lambda _: None, SurveyRequest(configs, [], fill_cache=False))
    return bench(cell.config, [])


def test_a_task_that_only_the_data_trained_on_besides_hold_is_measured() -> None:
    shapes = {**ROOMS, "style": "shapes"}
    alone = benched([], data=shapes)
    found = benched([], data=shapes, extra_train=[{**ROOMS, "seed": 1}])
    assert list(alone.parts.tasks) == ["mask"]
    assert list(found.parts.tasks) == ["mask", "depth"]
    assert found.batch.valid["depth"].flatten(1).any(1).tolist() == [False, True, False, True]
    assert sum(p.numel() for p in found.model().parameters()) > sum(p.numel() for p in alone.model().parameters())


def test_what_cannot_be_read_is_not_measured_where_it_is_skipped(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    found = benched([], data=f"folder:{root}")
    cut_short(next((root / "fg_bg").glob(f"{found.batch.ids[0]}.*")))
    again = benched([], data=f"folder:{root}", skip_bad=True)
    assert len(again.batch) == 4
    assert found.batch.ids[0] not in again.batch.ids
