"""`mdf evaluate`: the stored model gives the scores that its trial gave, on other data and by condition."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty_set import cut_short, make_folder
from tiny_study import Diary, study

from mdf import api
from mdf.core.config import Component, validate
from mdf.core.errors import ConfigError, DataError, MdfError
from mdf.engine.scoring import Column, SampleStatistics
from mdf.inference.evaluate import by_condition, evaluate, group_scores, relation
from mdf.inference.request import EvaluationRequest
from mdf.inference.results import Evaluation
from mdf.registry import Catalog
from mdf.report.report import StudyReport
from mdf.runs.statistics import labelled

SHAPES = ["data.style=shapes", "data.train=8", "data.val=4", "data.test=4", "data.size=32"]
OTHER = ["data.train=8", "data.val=4", "data.test=12", "data.size=32", "data.seed=5", "data.noise=0.5", "data.frames=2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> StudyReport:
    return study(tmp_path_factory.mktemp("evaluate") / "runs")


def evaluated(trained: StudyReport, **keys: object) -> Evaluation:
    return api.evaluate("latest", runs=trained.folder.parent, **keys)  # type: ignore[arg-type]


def test_its_own_test_split_gives_the_scores_of_the_trial(trained: StudyReport) -> None:
    found = evaluated(trained)
    (whole,) = found.groups
    assert found.split == "test"
    assert whole.scores == {key: pytest.approx(value) for key, value in trained.results[0].scores.items()}


def test_threads_may_be_chosen(trained: StudyReport) -> None:
    (whole,) = evaluated(trained, threads=2).groups
    assert whole.scores == {key: pytest.approx(value, rel=1e-3) for key, value in trained.results[0].scores.items()}
    with pytest.raises(ConfigError, match="`threads`"):
        evaluated(trained, threads=0)


def test_other_data_are_scored_whole_and_by_condition(trained: StudyReport) -> None:
    diary = Diary()
    found = evaluated(trained, data="scenes", settings=OTHER, by_tag=True, observer=diary)
    assert "trained on `scenes` with other options" in diary.warnings[0]
    groups = {group.group: group for group in found.groups}
    assert found.split == "all"
    assert groups["all samples"].samples == 24
    assert 0 < groups["noise"].samples < 24
    assert groups["noise"].scores != groups["all samples"].scores


def test_its_own_test_split_is_told_by_the_columns_of_a_study(trained: StudyReport) -> None:
    diary = Diary()
    found = evaluated(trained, by_tag=True, observer=diary)
    headline = next(c for c in found.columns if c.key == "mask/iou")
    report = api.compare(trained.folder, runs=trained.folder.parent, by_tag=True)
    estimates = {
        c.condition: report.estimate(report.rows[0], c) for c in report.columns if c.key == "mask/iou" and c.condition
    }
    scored = {g.group: g.scores.get(headline.key) for g in found.groups}
    assert estimates
    assert {group: scored[group] for group in estimates} == {
        g: e and pytest.approx(e.value) for g, e in estimates.items()
    }
    assert diary.warnings == ["no background of the test split was seen in training"]


def test_seen_and_unseen_backgrounds_are_told_apart_where_there_are_both() -> None:
    tags = [frozenset({"snow"}), frozenset({"snow", "dim"}), frozenset[str]()]
    images = labelled(SampleStatistics(ids=["a", "b", "c"], scenes=["x", "y", "x"], tags=tags), {"x"})
    assert by_condition(images) == {
        "dim": [1],
        "snow": [0, 1],
        "seen background": [0, 2],
        "unseen background": [1],
        "no tag": [2],
    }
    new = labelled(SampleStatistics(ids=["a"], scenes=["x"], tags=[frozenset({"snow"})]), set())
    assert by_condition(new) == {"snow": [0]}


def test_data_without_its_tasks_and_unknown_runs_are_one_error(trained: StudyReport, tmp_path: Path) -> None:
    shapes = study(
        tmp_path, settings=["data.style=shapes", "data.train=8", "data.val=4", "data.test=4", "data.size=32"]
    )
    assert list(shapes.results[0].scores) == ["mask/iou", "mask/iou-image", "mask/fmeasure"]
    with pytest.raises(MdfError, match="no run `nobody`"):
        api.evaluate("nobody", runs=tmp_path)
    with pytest.raises(ConfigError, match="no option"):
        evaluated(trained, data="scenes", settings=["data.sise=3"])


FEW = {"train": 4, "val": 2, "test": 2, "size": 32}
CATALOG = Catalog.discover()


def related(extra: list[dict[str, object]], data: dict[str, object] | None = None, **options: int) -> object:
    """How scenes with `options` are related to a run on `data`, by default such scenes, that trained on `extra` too."""
    config = validate({"data": data or {"name": "scenes", **FEW}, "extra_train": extra})
    chosen = Component(name="scenes", **FEW | options)
    return relation(config, chosen, CATALOG.create("dataset", chosen.name, chosen.options), CATALOG)


def test_data_of_which_no_sample_can_be_read_are_an_error_though_bad_ones_are_skipped(
    trained: StudyReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path / "cache"))
    root = make_folder(tmp_path / "data", rooms=3, frames=1)
    for frame in (root / "fg_bg").iterdir():
        cut_short(frame)
    request = EvaluationRequest(Path(trained.results[0].folder), Component(name=f"folder:{root}"), skip_bad=True)
    with pytest.raises(DataError, match="no sample to score without the 3 that cannot be read"):
        evaluate(lambda _: None, request)


def test_options_without_data_are_told(trained: StudyReport) -> None:
    with pytest.raises(ConfigError, match=r"`--set data\.size=16` .* names none"):
        evaluated(trained, settings=["data.size=16"])


def test_what_was_trained_on_besides_is_refused_and_what_may_have_been_is_told() -> None:
    other = {"name": "scenes", **FEW, "seed": 3}
    assert related([other]) == (True, [])
    with pytest.raises(ConfigError, match=r"trained on every sample of `scenes` \(`extra_train`\)"):
        related([other], seed=3)
    own, (note,) = related([], train=6)  # type: ignore[misc]
    assert not own
    assert "may have trained on some of them" in note


def test_a_model_whose_training_data_have_moved_is_scored_on_others() -> None:
    assert related([], data={"name": "folder:/nowhere/at/all"}) == (False, [])


def test_a_metric_that_was_not_given_its_input_has_no_score() -> None:
    metric = CATALOG.create("metric", "rmse-mask", {})
    assert group_scores("all", [0], SampleStatistics(ids=["a"]), [Column("depth", "rmse-mask", metric)]).scores == {}
