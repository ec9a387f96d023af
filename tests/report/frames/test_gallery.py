"""The pictures of a study: what trained models predict for frames of the test split, drawn once and kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from trained_run import method, runs, trained  # noqa: F401

from mdf.api import Quiet
from mdf.core.progress import Progress
from mdf.report.frames.frame import Gallery
from mdf.report.frames.gallery import draw_gallery, frames_and_side
from mdf.runs import result
from mdf.runs.result import TrialResult
from mdf.runs.statistics import STATISTICS, read


class Diary(Quiet):
    """An observer that remembers."""

    def __init__(self) -> None:
        self.events: list[Progress] = []
        self.warnings: list[str] = []

    def progress(self, progress: Progress, number: int = 0) -> None:  # noqa: ARG002
        self.events.append(progress)

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture(scope="module")
def trials(trained: Path, method: Path) -> list[TrialResult]:  # noqa: F811
    return [result.load(trained), result.load(method)]


@pytest.fixture(scope="module")
def place(trained: Path) -> Path:  # noqa: F811
    """The study's folder, into which `mdf benchmark` has drawn."""
    return trained.parent


@pytest.fixture(scope="module")
def gallery(trials: list[TrialResult], place: Path) -> Gallery:
    diary = Diary()
    drawn_gallery = draw_gallery(trials, place, [], diary)
    assert (diary.warnings, diary.events) == ([], []), "the benchmark's own pictures are used"
    assert drawn_gallery is not None
    return drawn_gallery


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("L"), dtype=float)


def test_a_network_and_a_method_are_drawn_on_the_same_frames(gallery: Gallery, trials: list[TrialResult]) -> None:
    network, simple = trials
    assert set(gallery.trials) == {network.id, simple.id}
    assert set(gallery.trials[network.id].files) == {"mask", "depth"}
    assert set(gallery.trials[simple.id].files) == {"mask"}
    files = [name for drawn in gallery.trials.values() for names in drawn.files.values() for name in names]
    assert len(files) == 3 * len(gallery.frames)
    assert all((gallery.folder / name).is_file() for name in files)


def test_frames_were_scored_and_have_their_own_scores(gallery: Gallery, trials: list[TrialResult]) -> None:
    scored = read(Path(trials[0].folder) / STATISTICS)[""]
    for frame in gallery.frames:
        assert scored.ids[frame.position] == frame.id
        assert set(frame.scores[trials[0].id]) == {"mask/iou", "depth/rmse"}
    assert [frame.group for frame in gallery.frames] == sorted(
        (frame.group for frame in gallery.frames), key=["worst", "median", "best"].index
    )


def test_a_drawn_mask_has_the_iou_of_its_score(gallery: Gallery, trials: list[TrialResult]) -> None:
    simple = trials[1].id
    for number, frame in enumerate(gallery.frames):
        truth = pixels(gallery.folder / gallery.truths["mask"][number]) > 127
        drawn = pixels(gallery.folder / gallery.trials[simple].files["mask"][number]) > 127
        union = (truth | drawn).sum()
        if simple in frame.scores and union:
            iou = (truth & drawn).sum() / union
            assert iou == pytest.approx(frame.scores[simple]["mask/iou"], abs=0.1), "WebP blurs the edges a little"


def test_depth_has_a_colour_scale_in_its_unit(gallery: Gallery, trials: list[TrialResult]) -> None:
    drawn = gallery.trials[trials[0].id]
    assert drawn.units["depth"] == "m"
    assert all(0 < low < high for low, high in drawn.limits["depth"])
    assert (gallery.folder / gallery.scales["depth"]).is_file()


def test_existing_pictures_are_not_drawn_again(gallery: Gallery, trials: list[TrialResult], place: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in place.rglob("*.webp")}
    diary = Diary()
    again = draw_gallery(trials, place, [], diary)
    assert again == gallery
    assert diary.events == []
    assert files == {path: path.stat().st_mtime_ns for path in place.rglob("*.webp")}


def test_a_trial_that_cannot_be_restored_does_not_affect_the_others(trials: list[TrialResult], tmp_path: Path) -> None:
    network, simple = trials
    broken = tmp_path / "study" / network.id
    shutil.copytree(network.folder, broken)
    (broken / result.WEIGHTS).write_bytes(b"no weights")
    diary = Diary()
    drawn_gallery = draw_gallery([replace(network, folder=str(broken)), simple], tmp_path / "study", [], diary)
    assert drawn_gallery is not None
    assert set(drawn_gallery.trials) == {simple.id}
    assert "is damaged" in drawn_gallery.missing[network.id]
    assert any("no pictures of" in warning for warning in diary.warnings)


def test_a_study_without_results_has_no_pictures(trials: list[TrialResult], tmp_path: Path) -> None:
    assert draw_gallery([replace(trials[0], status="failed")], tmp_path, [], Diary()) is None


def test_many_trials_get_fewer_and_smaller_frames() -> None:
    assert frames_and_side(2, 4) == (2, 320)
    count, side = frames_and_side(60, 120)
    assert count == 1
    assert 96 <= side < 320
