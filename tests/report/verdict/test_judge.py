"""The verdict on a simulated study, from its trials' files to the printed words; no network runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulated_study import World, iou, write_trial

from mdf.core.config import to_table, validate
from mdf.core.errors import MdfError
from mdf.core.progress import Progress
from mdf.report.notes import notes_of
from mdf.report.report import StudyReport
from mdf.report.verdict.judge import judge
from mdf.runs.result import TrialResult

LOSSES = {"mask": "bce", "depth": "l1"}
NOISE = {"seed_noise": 0.002, "image_noise": 0.02}


def quiet(event: Progress) -> None:
    """Ignores progress."""


def judged(trials: list[TrialResult], by_tag: bool = False, by_scene: bool = False) -> StudyReport:
    report = StudyReport(Path("runs/study"), trials, notes_of(trials))
    scores = [column for column in report.columns if not column.is_cost]
    shown = {"tag": by_tag, "scene": by_scene}
    by = [grouping for grouping, wanted in shown.items() if wanted]
    return replace(report, verdict=judge(quiet, report.rows, scores, [], by))


def study(folder: Path, levels: dict[str, float], seeds: int, random: int = 0) -> list[TrialResult]:
    """One row per level of IoU, with `seeds` seeds each."""
    world = World(np.random.default_rng(random))
    return [
        write_trial(folder, world, label, seed, {"mask/iou": counts[:, seed]})
        for label, level in levels.items()
        for counts in [world.counts(level, seeds, **NOISE)]
        for seed in range(seeds)
    ]


def test_better_worse_and_cannot_tell(tmp_path: Path) -> None:
    report = judged(study(tmp_path, {"good": 0.8, "bad": 0.7, "alike": 0.8}, seeds=3))
    verdict = report.verdict
    assert verdict.call("mask IoU", "good", "bad") == "better"
    assert verdict.call("mask IoU", "bad", "good") == "worse"
    assert verdict.call("mask IoU", "good", "alike") == "cannot tell"
    pair = next(c for c in verdict.comparisons if (c.a, c.b) == ("good", "bad"))
    assert pair.low < pair.difference < pair.high
    assert 0 < pair.low < 0.1 < pair.high + 0.02
    assert (pair.words, pair.groups_are, pair.groups, pair.images) == ("better", "scenes", 20, 60)
    open_pair = next(c for c in verdict.comparisons if (c.a, c.b) == ("good", "alike"))
    assert open_pair.words.startswith("cannot tell (")
    assert [row.label for row in report.best(report.columns[0])] == ["good", "alike"]


def test_one_seed_is_compared_by_data_noise_only(tmp_path: Path) -> None:
    report = judged(study(tmp_path, {"good": 0.8, "bad": 0.6}, seeds=1))
    (pair,) = report.verdict.comparisons
    assert pair.words == "single run: data noise only"
    (note,) = (note for note in report.notes if "single run: data noise only" in note)
    assert "marked best or on the Pareto front" in note
    assert report.text(report.rows[0], report.columns[0]).count("±") == 0
    assert [row.label for row in report.best(report.columns[0])] == ["good"]


def test_an_estimate_is_the_mean_of_the_trials_scores_with_its_interval(tmp_path: Path) -> None:
    trials = study(tmp_path, {"a": 0.8, "b": 0.7}, seeds=3)
    report = judged(trials)
    estimate = report.estimate(report.rows[0], report.columns[0])
    assert estimate is not None
    scores = [trial.scores["mask/iou"] for trial in trials[:3]]
    assert estimate.value == pytest.approx(np.mean(scores))
    assert estimate.half_width == pytest.approx(4.302653 * np.std(scores, ddof=1) / 3**0.5)
    assert "±" in report.to_markdown()


def test_lower_is_better_if_the_protocol_says_so(tmp_path: Path) -> None:
    world = World(np.random.default_rng(0))
    squares = {label: level * world.random.gamma(5.0, 0.2, (3, 60)) for label, level in (("a", 0.04), ("b", 0.09))}
    trials = [
        write_trial(tmp_path, world, label, seed, {"depth/rmse": np.stack([rows[seed], np.ones(60)], -1)})
        for label, rows in squares.items()
        for seed in range(3)
    ]
    report = judged(trials)
    assert report.verdict.call("depth RMSE [m]", "a", "b") == "better"
    assert [row.label for row in report.best(report.columns[0])] == ["a"]


def test_scores_by_tag_and_by_seen_background_are_sums_over_their_images(tmp_path: Path) -> None:
    world = World(np.random.default_rng(0))
    tags = [frozenset({"shadow"} if i % 3 == 0 else {"low_light", "rain"}) for i in range(world.images)]
    counts = world.counts(0.8, 1, **NOISE)
    trial = write_trial(tmp_path, world, "a", 0, {"mask/iou": counts[:, 0]}, tags, trained={"0", "1"})
    report = judged([trial], by_tag=True)
    groups = [column.condition for column in report.columns if column.condition]
    assert groups == ["low_light", "rain", "shadow", "seen background", "unseen background"]
    assert [c.title for c in report.columns][:2] == ["mask IoU", "mask IoU · low_light"]
    hits, _, misses, _ = counts[::3, 0].sum(0)
    shadow = next(column for column in report.columns if column.condition == "shadow")
    estimate = report.estimate(report.rows[0], shadow)
    assert estimate is not None
    assert estimate.value == pytest.approx(hits / (hits + misses))
    assert not any(report.best(column) for column in report.columns if column.condition)  # they are not compared


def test_rows_scored_on_other_images_are_named_and_not_compared(tmp_path: Path) -> None:
    other = study(tmp_path / "other", {"b": 0.5}, seeds=1)
    few = World(np.random.default_rng(0), images=40)
    trial = write_trial(tmp_path, few, "a", 0, {"mask/iou": few.counts(0.8, 1, **NOISE)[:, 0]})
    report = judged([trial, *other])
    assert report.verdict.comparisons == []
    assert any("`b` was scored on other images" in note for note in report.verdict.notes)


def test_a_trial_without_its_statistics_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (trial,) = study(tmp_path, {"a": 0.8}, seeds=1)
    (Path(trial.folder) / "statistics.parquet").unlink()
    with pytest.raises(MdfError, match=r"statistics\.parquet"):
        judged([trial])


def test_the_same_files_give_the_same_verdict(tmp_path: Path) -> None:
    trials = study(tmp_path, {"a": 0.8, "b": 0.79}, seeds=2)
    assert judged(trials).to_dict() == judged(trials).to_dict()


def test_a_row_stays_on_the_front_unless_the_verdict_says_that_another_is_better(tmp_path: Path) -> None:
    report = judged(study(tmp_path, {"good": 0.8, "bad": 0.7, "alike": 0.8}, seeds=3))
    assert [row.label for row in report.front] == ["good", "alike"]
    assert report.to_dict()["front"] == {"columns": ["mask IoU"], "rows": ["good", "alike"]}


def two_tasks(folder: Path, seeds: int = 3) -> list[TrialResult]:
    """A network of two tasks; it is 0.1 worse in IoU and twice as exact in depth as its single-task baselines."""
    world = World(np.random.default_rng(0))
    trials = []
    for label, tasks, level, square in (
        ("both", ("mask", "depth"), 0.7, 0.01),
        ("mask alone", ("mask",), 0.8, 0),
        ("depth alone", ("depth",), 0, 0.04),
    ):
        counts = world.counts(level, seeds, **NOISE)
        errors = square * world.random.gamma(100.0, 0.01, (seeds, 60))
        for seed in range(seeds):
            depth = np.stack([errors[seed], np.ones(60)], -1)
            tables = {"mask/iou": counts[:, seed], "depth/rmse": depth}
            config = validate({"heads": {t: t for t in tasks}, "loss": {t: LOSSES[t] for t in tasks}, "seed": seed})
            kept = {key: table for key, table in tables.items() if key.split("/")[0] in tasks}
            trials.append(write_trial(folder, world, label, seed, kept, config=to_table(config)))
    return trials


def test_delta_m_is_the_mean_relative_gain_over_the_baselines(tmp_path: Path) -> None:
    trials = two_tasks(tmp_path)
    (delta,) = judged(trials).verdict.deltas

    def mean(label: str, key: str) -> float:
        return float(np.mean([t.scores[key] for t in trials if t.label.startswith(label)]))

    iou, iou_alone = mean("both", "mask/iou"), mean("mask alone", "mask/iou")
    rmse, rmse_alone = mean("both", "depth/rmse"), mean("depth alone", "depth/rmse")
    assert delta.value == pytest.approx(((iou - iou_alone) / iou_alone - (rmse - rmse_alone) / rmse_alone) / 2)
    assert delta.value == pytest.approx((-0.125 + 0.5) / 2, abs=0.02)
    assert delta.low < delta.value < delta.high < delta.value + 0.05
    assert (delta.row, dict(delta.baselines)) == ("both", {"mask": "mask alone", "depth": "depth alone"})
    assert not delta.single_run


def test_a_baseline_scored_on_other_images_loses_only_the_delta(tmp_path: Path) -> None:
    trials = two_tasks(tmp_path)
    few = World(np.random.default_rng(0), images=40)
    table = {"mask/iou": few.counts(0.8, 1, **NOISE)[:, 0]}
    elsewhere = [
        write_trial(tmp_path / "few", few, "mask alone", t.config["seed"], table, config=dict(t.config))
        for t in trials[3:6]
    ]
    verdict = judged([*trials[:3], *elsewhere, *trials[6:]]).verdict
    assert verdict.deltas == []
    assert verdict.comparisons


@pytest.mark.parametrize("unscored", [0, 4])
def test_a_seed_that_lacks_a_score_loses_only_the_delta(tmp_path: Path, unscored: int) -> None:
    """NaN counts as no score; then it is unknown which seeds of two columns belong together."""
    trials = two_tasks(tmp_path)
    key = "depth/rmse" if unscored == 0 else "mask/iou"
    trials[unscored] = replace(trials[unscored], scores={**trials[unscored].scores, key: float("nan")})
    verdict = judged(trials).verdict
    assert len(verdict.deltas) == (0 if unscored == 0 else 1)
    assert verdict.comparisons


def test_rows_are_compared_on_the_images_that_most_of_them_share(tmp_path: Path) -> None:
    few = World(np.random.default_rng(0), images=40)
    first = write_trial(tmp_path, few, "a", 0, {"mask/iou": few.counts(0.8, 1, **NOISE)[:, 0]})
    report = judged([first, *study(tmp_path / "others", {"b": 0.8, "c": 0.5}, seeds=1)])
    assert [(pair.a, pair.b) for pair in report.verdict.comparisons] == [("b", "c")]
    assert report.verdict.notes == ["mask IoU: `a` was scored on other images, so it is not compared"]


def test_delta_m_needs_every_baseline(tmp_path: Path) -> None:
    assert judged(two_tasks(tmp_path)[:6]).verdict.deltas == []


def test_by_scene_each_scene_is_pooled_and_cameras_count_alike(tmp_path: Path) -> None:
    world = World(np.random.default_rng(3), images=60, scenes=12)
    counts = {label: world.counts(level, 2, **NOISE) for label, level in {"good": 0.8, "bad": 0.6}.items()}
    trials = [
        write_trial(tmp_path, world, label, seed, {"mask/iou": of_label[:, seed]})
        for label, of_label in counts.items()
        for seed in range(2)
    ]
    report = judged(trials, by_scene=True)
    columns = {column.condition: column for column in report.columns if column.condition}
    assert len(columns) == 14
    for row in report.rows:
        of_row, scenes = counts[row.label], np.array(world.scenes)
        own = [iou(of_row[scenes == scene].sum(0)).mean() for scene in dict.fromkeys(world.scenes)]
        for scene, score in zip(dict.fromkeys(world.scenes), own, strict=True):
            assert report.estimate(row, columns[scene]).value == pytest.approx(score)
        mean = report.estimate(row, columns["mean over scenes"])
        assert mean.value == pytest.approx(np.mean(own))
        # the interval of a mean of n numbers by Student's t, which the bootstrap comes to
        assert mean.half_width == pytest.approx(2.201 * np.std(own, ddof=1) / 12**0.5, rel=0.03)
        worst = report.estimate(row, columns["worst scene"])
        assert worst.value == pytest.approx(min(own))
        assert worst.half_width is None
    assert any("95 % interval over scenes like these 12" in note for note in report.verdict.notes)


def test_many_scenes_are_not_shown_one_by_one_and_one_scene_has_no_mean(tmp_path: Path) -> None:
    for scenes, conditions in ((120, {"mean over scenes", "worst scene"}), (1, set())):
        world = World(np.random.default_rng(0), images=240, scenes=scenes)
        counts = world.counts(0.8, 1, **NOISE)
        trial = write_trial(tmp_path / str(scenes), world, "net", 0, {"mask/iou": counts[:, 0]})
        report = judged([trial], by_scene=True)
        assert {column.condition for column in report.columns if column.condition} == conditions
