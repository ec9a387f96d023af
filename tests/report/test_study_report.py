"""The report: which rows are best in a column, and that a column never mixes scores of different meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdf.cli.tables.report import print_report
from mdf.report.notes import notes_of
from mdf.report.report import StudyReport
from mdf.report.verdict.verdict import Estimate, Verdict
from mdf.runs.result import TrialResult

PROTOCOL = {
    "aggregation": "pooled",
    "direction": "higher",
    "perfect": 1.0,
    "unit": "",
    "valid": "valid pixels",
    "alignment": "none",
    "resolution": "native",
}
STAMP = {"device": "cpu", "device_name": "a processor", "precision": "fp32", "threads": 2}


def column(key: str = "mask/iou", label: str = "IoU", options: dict[str, Any] | None = None, **protocol: Any) -> dict:
    return {
        "key": key,
        "task": key.split("/")[0],
        "label": label,
        "protocol": {**PROTOCOL, **protocol},
        "options": options or {},
    }


def result(name: str, score: float | None = None, columns: list | None = None, **fields: Any) -> TrialResult:
    chosen = [column()] if columns is None else columns
    return TrialResult(
        id=name,
        label=name,
        status=fields.pop("status", "ok"),
        config={"seed": fields.pop("seed", 0), "encoder": fields.pop("encoder", name)},
        scores={} if score is None else {chosen[0]["key"]: score},
        costs=fields.pop("costs", {"parameters": 1e6, "train_seconds": 10.0}),
        columns=[] if score is None else chosen,
        stamp=fields.pop("stamp", STAMP),
        **fields,
    )


def report(*results: TrialResult) -> StudyReport:
    return StudyReport(Path("runs/study"), results, notes_of(results))


def best(study: StudyReport, title: str) -> list[str]:
    return [row.label for c in study.columns if c.title == title for row in study.best(c)]


def test_the_protocol_says_whether_higher_or_lower_is_better() -> None:
    rmse = column("depth/rmse", "RMSE", direction="lower", unit="m")
    assert best(report(result("a", 0.5), result("b", 0.7)), "mask IoU") == ["b"]
    assert best(report(result("a", 0.5, [rmse]), result("b", 0.7, [rmse])), "depth RMSE [m]") == ["a"]


def test_values_that_print_equally_are_equally_best() -> None:
    assert best(report(result("a", 0.70001), result("b", 0.7), result("c", 0.69)), "mask IoU") == ["a", "b"]


def test_a_single_row_is_not_marked_as_best() -> None:
    alone = report(result("a", 0.5))
    assert best(alone, "mask IoU") == []
    assert alone.front == []
    (note,) = (note for note in alone.notes if "1 seed" in note)
    assert note == "1 seed (single run: data noise only): the spread over seeds is unknown"


def test_failed_rows_and_missing_scores_are_never_best() -> None:
    failed = result("bad", 0.9, status="failed", reason="it broke")
    nothing = result("nan", float("nan"))
    assert best(report(failed, nothing, result("a", 0.2), result("b", 0.1)), "mask IoU") == ["a"]


def test_each_protocol_has_its_own_column_with_its_own_title() -> None:
    strict = column(options={"threshold": 0.9})
    study = report(result("a", 0.5), result("b", 0.7), result("c", 0.9, [strict]), result("d", 0.8, [strict]))
    scores = [c for c in study.columns if c.protocol]
    assert len(scores) == 2
    assert len({c.title for c in scores}) == 2
    assert [[c.value(r) for r in study.results] for c in scores] == [[0.5, 0.7, None, None], [None, None, 0.9, 0.8]]
    assert [[row.label for row in study.best(c)] for c in scores] == [["b"], ["c"]]
    row_of_b = next(line for line in study.to_markdown().splitlines() if line.startswith("| b "))
    assert "**0.700**" in row_of_b
    assert "**–**" not in study.to_markdown()


def test_a_different_unit_is_a_different_column() -> None:
    metres, relative = (column("depth/rmse", "RMSE", direction="lower", unit=unit) for unit in ("m", "relative"))
    study = report(result("a", 0.5, [metres]), result("b", 0.7, [relative]))
    assert [c.title for c in study.columns if c.protocol] == ["depth RMSE [m]", "depth RMSE [relative]"]


def test_costs_of_different_machines_are_not_ranked() -> None:
    fast, slow = result("a", 0.5, costs={"parameters": 1e6, "train_seconds": 1.0}), result("b", 0.5)
    assert best(report(fast, slow), "train s") == ["a"]
    elsewhere = replace(slow, stamp={**STAMP, "device_name": "another"})
    assert best(report(fast, elsewhere), "train s") == []


def test_a_method_without_parameters_is_not_the_smallest_network() -> None:
    method = result("absdiff", 0.1, costs={"parameters": 0.0, "train_seconds": 0.1})
    small, large = result("a", 0.5, costs={"parameters": 1e5}), result("b", 0.5)
    study = report(method, small, large)
    assert best(study, "params [M]") == ["a"]
    parameters = next(c for c in study.columns if c.key == "parameters")
    assert [study.text(row, parameters) for row in study.rows] == ["–", "0.10", "1.00"]


def test_plain_data_contain_only_numbers_that_json_has() -> None:
    endless = column("depth/psnr", "PSNR", perfect=float("inf"))
    study = report(result("a", float("nan"), [endless], costs={"parameters": 1.0, "train_seconds": float("nan")}))
    plain = json.loads(json.dumps(study.to_dict(), allow_nan=False))
    assert plain["trials"][0]["scores"] == {"depth/psnr": None}
    assert plain["trials"][0]["costs"]["train_seconds"] is None


def test_markdown_lists_failures_and_escapes_bars() -> None:
    text = report(result("a|b", 0.5), result("bad", status="oom", reason="killed")).to_markdown()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1
    assert "bad (oom)" in text
    assert "- bad: oom: killed" in text


def test_notes_name_seeds_scenes_and_machines() -> None:
    one = notes_of([result("a", 0.5, split_by="time")], ["mean-depth is left out: it predicts depth"])
    assert [any(word in note for note in one) for word in ("1 seed", "scene-specific", "left out", "a processor")] == [
        True
    ] * 4
    seeds = [result(f"a · seed {n}", 0.5, seed=n, encoder="a") for n in (0, 1)]
    assert any("1 seed in some rows" in note for note in notes_of([*seeds, result("b", 0.5)]))
    assert not any("1 seed" in note for note in notes_of(seeds))
    assert not any("1 seed" in note for note in notes_of([*seeds, result("costs alone")]))


def test_an_incomplete_study_says_in_one_line_what_to_run() -> None:
    whole = report(result("a", 0.5))
    assert (whole.incomplete, whole.to_dict()["complete"]) == ("", True)
    results = [result("a", 0.5), *(result(str(n), status=s) for n, s in enumerate(("oom", "interrupted", "oom")))]
    study = StudyReport(Path("study"), results, notes_of(results, (), 2), unended=2)
    assert not study.to_dict()["complete"]
    assert study.incomplete == (
        "incomplete: 5 of 6 trials have no scores (1 ended as `interrupted`, 2 ended as `oom`, 2 have not ended); "
        "run the command again with --retry oom"
    )
    assert f"- {study.incomplete}" in study.to_markdown()


def test_trials_that_differ_only_in_the_seed_are_one_row_with_their_mean() -> None:
    study = report(
        result("a · seed 0", 0.5, seed=0, encoder="a"),
        result("a · seed 1", 0.7, seed=1, encoder="a"),
        result("a · seed 2", status="oom", reason="killed", seed=2, encoder="a"),
        result("b", 0.4),
    )
    assert [row.label for row in study.rows] == ["a", "b"]
    estimate = study.estimate(study.rows[0], study.columns[0])
    assert estimate is not None
    assert (estimate.value, estimate.seeds) == (pytest.approx(0.6), 2)
    assert "| a (1 of 3 oom) |" in study.to_markdown()
    assert study.to_dict()["rows"][0]["seeds"] == [0, 1]
    assert study.to_dict()["rows"][0]["failed"] == ["a · seed 2"]


def test_conditions_are_printed_once_below_their_own_score(capsys: pytest.CaptureFixture[str]) -> None:
    study = report(*(result(name, 0.5, [column(options={"threshold": t})]) for name, t in (("a", 0.3), ("b", 0.5))))
    groups = [replace(c, title=f"{c.title} · shadow", condition="shadow") for c in study.columns if not c.is_cost]
    assert len(groups) == 2
    known = {g.title: Estimate(0.25, None, 1) for g in groups}
    print_report(replace(study, verdict=Verdict({"a": known, "b": known}, condition_columns=groups)), as_json=False)
    out = capsys.readouterr().out
    assert [out.count(group.title) for group in groups] == [1, 1]
