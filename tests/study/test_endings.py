"""However a trial ends, it is a row with its status and reason, and the study goes on to the next cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_study import Diary, leftovers, loss_plugin, study

from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult, load
from mdf.workers.cgroup import oom_kills

LOSSES = ["leaves", "killed", "exits", "crashes", "raises", "poison", "own-error", "fills", "calm"]
ENDINGS = {
    "leaves": ("failed", "exit code 3"),
    "killed": ("oom" if oom_kills() is None else "failed", "SIGKILL"),
    "exits": ("failed", "SystemExit"),
    "crashes": ("failed", "SIGSEGV"),
    "raises": ("failed", "KeyError"),
    "poison": ("diverged", "step 1"),
    "own-error": ("failed", "the lens of camera 3 is dirty"),
    "fills": ("oom", "MemoryError"),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyReport, Diary]:
    folder = tmp_path_factory.mktemp("endings")
    diary = Diary()
    return study(folder / "runs", diary, loss=LOSSES, plugins=[str(loss_plugin(folder))]), diary


def row(report: StudyReport, loss: str) -> TrialResult:
    return next(r for r in report.results if r.config["loss"]["depth"] == loss)


def test_every_cell_has_its_row_in_order(ended: tuple[StudyReport, Diary]) -> None:
    report, diary = ended
    assert [r.config["loss"]["depth"] for r in report.results] == LOSSES
    assert len(diary.started) == len(diary.finished) == len(LOSSES)
    assert not report.ok


@pytest.mark.parametrize("loss", ENDINGS)
def test_a_row_tells_its_status_and_reason(ended: tuple[StudyReport, Diary], loss: str) -> None:
    status, reason = ENDINGS[loss]
    found = row(ended[0], loss)
    assert found.status == status
    assert reason in found.reason
    assert "\n" not in found.reason
    assert found.hint
    assert not found.scores


def test_the_one_after_all_the_others_is_well(ended: tuple[StudyReport, Diary]) -> None:
    assert row(ended[0], "calm").ok
    assert set(row(ended[0], "calm").scores) >= {"mask/iou", "depth/rmse"}


def test_what_the_worker_printed_is_kept(ended: tuple[StudyReport, Diary]) -> None:
    crashed = Path(row(ended[0], "crashes").folder)
    assert "Segmentation fault" in (crashed / "worker.log").read_text()
    assert "no such thing" in (Path(row(ended[0], "raises").folder) / "worker.log").read_text()


def test_every_row_is_committed_and_nothing_is_half_written(ended: tuple[StudyReport, Diary]) -> None:
    report, _ = ended
    for result in report.results:
        assert load(Path(result.folder)).status == result.status
    assert not leftovers(report.folder.parent)
    text = (report.folder / "report.md").read_text()
    assert all(f"{status}: " in text for status, _ in ENDINGS.values())


def test_the_same_study_again_keeps_all_and_retries_what_it_is_told(ended: tuple[StudyReport, Diary]) -> None:
    """An attempt more lies beside the first; what is kept is not run."""
    report, _ = ended
    plugin = str(report.folder.parents[1] / "ways_to_end.py")
    asked: dict[str, Any] = {"loss": ["raises", "fills", "calm"], "plugins": [plugin], "name": report.folder.name}
    diary = Diary()
    kept = study(report.folder.parent, diary, **asked)
    assert [(status, kept) for _, status, kept in diary.finished] == [("failed", True), ("oom", True), ("ok", True)]
    diary = Diary()
    again = study(report.folder.parent, diary, **asked, retry="failed")
    assert sorted(diary.finished, key=str) == sorted(
        [
            ("unet · depth raises", "failed", False),
            ("unet · depth fills", "oom", True),
            ("unet · depth calm", "ok", True),
        ],
        key=str,
    )
    assert [r.id for r in again.results] == [r.id for r in kept.results]
    assert [r.attempt for r in again.results] == [2, 1, 1]
    first = Path(kept.results[0].folder)
    assert Path(again.results[0].folder) == first.with_name(f"{first.name}.2")
    assert load(first).attempt == 1


def test_a_changed_plugin_file_is_another_trial(tmp_path: Path) -> None:
    """A plugin that is being written has no version: its bytes tell its state."""
    plugin = loss_plugin(tmp_path, "being_written")
    first = study(tmp_path / "runs", loss="calm", plugins=[str(plugin)])
    plugin.write_text(plugin.read_text().replace("(prediction - target).abs()", "2 * (prediction - target).abs()"))
    diary = Diary()
    second = study(tmp_path / "runs", diary, loss="calm", plugins=[str(plugin)])
    assert diary.finished == [(second.results[0].label, "ok", False)]
    assert first.results[0].id != second.results[0].id
