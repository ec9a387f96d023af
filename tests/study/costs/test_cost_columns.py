"""Cost columns: those that were measured, in their order and units."""

from __future__ import annotations

from mdf.report.columns import columns_of, format_value
from mdf.runs.result import TrialResult
from mdf.study.costs.columns import COST_COLUMNS


def result(**costs: float) -> TrialResult:
    return TrialResult("id", "label", "ok", {}, costs=costs)


def test_only_measured_costs_have_a_column() -> None:
    found = columns_of([result(parameters=1e6, latency_p50=0.01), result(train_seconds=2.0)])
    assert [c.key for c in found] == ["parameters", "latency_p50", "train_seconds"]
    assert [c.title for c in found] == ["params [M]", "latency p50 [ms]", "train s"]


def test_values_are_printed_in_their_titles_unit() -> None:
    assert format_value("parameters", 1_234_567) == "1.23"
    assert format_value("peak_memory", 3 * 2**20) == "3"
    assert format_value("latency_p95", 0.0123) == "12.3"
    assert format_value("loader_share", 0.25) == "25.0"
    assert format_value("peak_memory", float("inf")) == "oom"


def test_more_is_better_of_speeds_alone() -> None:
    assert {c.key for c in COST_COLUMNS if c.direction == "higher"} == {"images_per_second", "train_images_per_second"}
    assert len({c.title for c in COST_COLUMNS}) == len(COST_COLUMNS)
