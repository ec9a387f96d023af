"""The numbers as CSV: not rounded, each with its protocol, and without formulas."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from synthetic_report import HOSTILE, report_of

from mdf.report.formats.to_csv import to_csv
from mdf.report.report import StudyReport


def lines(report: StudyReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(report))))


def test_every_value_of_every_trial_has_all_digits(tmp_path: Path) -> None:
    report = report_of(tmp_path, rows=3, seeds=2)
    scales = {column.key: column.scale for column in report.columns}
    values = {
        (line["trial"], line["key"]): float(line["value"]) for line in lines(report) if line["trial"] and line["value"]
    }
    for result in report.results:
        for key, value in {**result.scores, **result.costs}.items():
            assert values[(result.id, key)] == value / scales[key], "in the unit of its title"


def test_a_configuration_has_its_interval_and_its_conditions(tmp_path: Path) -> None:
    report = report_of(tmp_path, rows=3, seeds=2)
    own = [line for line in lines(report) if not line["trial"]]
    iou = next(line for line in own if line["key"] == "mask/iou" and not line["condition"])
    assert (iou["half_width"], iou["seeds"]) == ("0.01", "2")
    assert {line["condition"] for line in own} == {"", "shadow", "low_light", HOSTILE}


def test_every_score_has_its_protocol(tmp_path: Path) -> None:
    for line in lines(report_of(tmp_path, rows=2, failed=False)):
        if "/" in line["key"]:
            assert line["aggregation"] == "pooled"
            assert line["direction"] == ("higher" if line["key"] == "mask/iou" else "lower")


def test_a_failed_trial_is_a_line_with_its_reason(tmp_path: Path) -> None:
    failed = [line for line in lines(report_of(tmp_path, rows=2)) if line["status"] == "oom"]
    assert [line["reason"] for line in failed] == [f"no memory {HOSTILE}"]
    assert failed[0]["value"] == ""


def test_no_text_is_a_formula(tmp_path: Path) -> None:
    report = report_of(tmp_path, rows=2)
    harmful = [replace(result, label='=HYPERLINK("x")', reason="@run") for result in report.results]
    text = to_csv(StudyReport(tmp_path, harmful))
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert '\'=HYPERLINK("x")' in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
