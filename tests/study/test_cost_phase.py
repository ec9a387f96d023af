"""The cost phase of a study: each architecture once, kept for the next study; rows of costs alone; what cannot fit."""

from __future__ import annotations

import json
import os
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from tiny_study import Diary, study

from mdf.core.errors import ConfigError
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult
from mdf.study.costs.memory_fit import Memory
from mdf.workers.child import Call

DEAR = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_encoders():
    return [Spec("dear", "mdf.plugins.encoders.unet:UNetEncoder", "A path that is only measured.", cost_only=True)]
"""
NOTED = """
import os
from pathlib import Path
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

with Path(__file__).with_suffix(".log").open("a") as log:
    print(os.getpid(), file=log)

@hookimpl
def mdf_losses():
    return [Spec("unused", f"{__name__}:Unused", "Nobody asks for it.")]
"""
MEASURED = {"gmacs", "peak_memory", "inference_memory", "latency_p50", "latency_p95", "images_per_second"}
MEASURED |= {"batch_latency_p50", "batch_latency_p95", "train_images_per_second", "parameters"}


@pytest.fixture(scope="module")
def dear(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("plugin") / "dear_path.py"
    path.write_text(DEAR)
    return str(path)


def records(runs: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime_ns for path in (runs / "costs").glob("*.json")}


def measured(runs: Path, dear: str, **keys: object) -> tuple[StudyReport, Diary]:
    diary = Diary()
    asked = {"encoder": ["unet", "dear"], "loss": ["l1", "mse"], "costs": True, "force": False, "plugins": [dear]}
    return study(runs, diary, **{**asked, **keys}), diary


@pytest.fixture(scope="module")
def workers() -> Counter[str]:
    """How many processes `first` started, by their first job."""
    return Counter()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, dear: str, workers: Counter[str]) -> tuple[StudyReport, Diary]:
    start = BaseProcess.start

    def counted(process: BaseProcess) -> None:
        (call,) = (argument for argument in process._args if isinstance(argument, Call))  # type: ignore[attr-defined]
        workers[call.job.function.partition(":")[2]] += 1
        start(process)

    runs = tmp_path_factory.mktemp("costs") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseProcess, "start", counted)
        noted = runs.with_name("noted.py")
        noted.write_text(NOTED)
        return measured(runs, dear, predictor=["absdiff"], pictures=True, plugins=[dear, str(noted)])


def test_few_workers_are_started_beside_the_trials(
    first: tuple[StudyReport, Diary],  # noqa: ARG001
    workers: Counter[str],
) -> None:
    """The survey and the forecasts share one, and so do all pictures. What is weighed has a fresh one: training and
    predicting of a network, predicting of a method. Of four networks of two architectures and three methods, as in the
    standard study, that makes 1 + 2·2 + 3 + 1 + 1 = 10."""
    assert workers.pop("run_trial") == 3  # two networks, `absdiff`
    costs = 2 + 1 + 1  # of `unet`, of `dear` in one step, of `absdiff`
    assert workers == {"survey": 1, "measure_costs": costs, "judge": 1, "choose": 1}


def test_plugins_are_found_by_the_parent_alone(first: tuple[StudyReport, Diary]) -> None:
    """A worker imports those of the components that it uses."""
    log = (first[0].folder.parents[1] / "noted.log").read_text().split()
    assert set(log) == {str(os.getpid())}


def by_label(report: StudyReport, label: str) -> TrialResult:
    return next(result for result in report.results if result.label.startswith(label))


def test_cells_of_one_architecture_share_its_costs(first: tuple[StudyReport, Diary]) -> None:
    report, diary = first
    assert report.ok
    assert not diary.warnings
    l1, mse = (result.costs for result in report.results[:2])
    assert set(l1) >= MEASURED
    assert {key: l1[key] for key in MEASURED} == {key: mse[key] for key in MEASURED}
    assert l1["latency_p50"] <= l1["latency_p95"]
    assert 0 < l1["inference_memory"] < l1["peak_memory"]


def test_methods_that_learn_nothing_have_the_costs_of_predicting(first: tuple[StudyReport, Diary]) -> None:
    costs = by_label(first[0], "absdiff").costs
    assert {"latency_p50", "images_per_second"} <= set(costs)
    assert not {"peak_memory", "train_images_per_second", "gmacs"} & set(costs)


def test_a_cost_only_component_makes_rows_without_scores(first: tuple[StudyReport, Diary]) -> None:
    report, diary = first
    dear = by_label(report, "dear")
    assert dear.costs["peak_memory"] > 0
    assert not dear.scores
    assert not [label for label in diary.started if label.startswith("dear")]
    assert any(note.startswith("dear") and "--train-cost-only" in note for note in report.notes)
    row = next(row for row in report.rows if row.label.startswith("dear"))
    assert [report.text(row, c) for c in report.columns if not c.is_cost] == ["–"] * len(
        [c for c in report.columns if not c.is_cost]
    )


def test_what_was_forecast_is_what_was_measured(first: tuple[StudyReport, Diary]) -> None:
    """Within 15 %, of a network of a few MiB too."""
    runs = first[0].folder.parent
    found = [json.loads((runs / "costs" / name).read_text()) for name in records(runs)]
    pairs = [(f["forecast"]["peak_memory"], f["measured"]["peak_memory"]) for f in found if f["forecast"]]
    assert len(pairs) == 2
    for forecast, resident in pairs:
        assert forecast == pytest.approx(resident, rel=0.15, abs=4 * 2**20)


def test_another_study_measures_nothing_anew(first: tuple[StudyReport, Diary], dear: str) -> None:
    runs = first[0].folder.parent
    before = records(runs)
    again, _ = measured(runs, dear, encoder="unet", loss="l1", name="again")
    assert records(runs) == before
    assert again.results[0].costs["latency_p50"] == first[0].results[0].costs["latency_p50"]


def test_what_cannot_fit_is_refused_before_training_and_a_row_of_costs_says_oom(
    first: tuple[StudyReport, Diary], dear: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = first[0].folder.parent
    monkeypatch.setattr(Memory, "now", lambda: Memory(1.0))
    diary = Diary()
    with pytest.raises(ConfigError, match=r"unet .* cannot fit: training it takes about") as caught:
        study(runs, diary, steps=3, costs=False, force=False, name="refused")
    assert "--force" in caught.value.hint
    assert not diary.started
    assert not (runs / "refused" / "study.json").exists()
    assert study(runs, loss="l1", force=False, plugins=[dear], name="ended").ok  # what has ended needs no memory
    report, _ = measured(runs, dear, encoder="dear", loss="l1", size=40, name="dear")
    (row,) = report.rows
    assert "oom" in [report.text(row, column) for column in report.columns]
    assert json.loads((report.folder / "report.json").read_text())["trials"][0]["costs"]["peak_memory"] is None
