"""`teacher`: another run's network teaches this one; its weights are part of the identity, a misfit is told at once."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tiny_study import QUICK, SMALL, Diary

import mdf
from mdf import api
from mdf.core.config import TeacherRun, to_table, validate
from mdf.core.errors import ConfigError, MdfError
from mdf.core.task import Task
from mdf.data.open import open_all
from mdf.models.locate import located
from mdf.models.teacher import check_teacher, teacher_of
from mdf.plugins.heads.depth import DepthHead, DepthTask
from mdf.plugins.heads.mask import MaskHead, MaskTask
from mdf.registry import Catalog
from mdf.report.report import StudyReport
from mdf.runs.result import CONFIG, MODEL, WEIGHTS
from mdf.study import survey
from mdf.study.cell import SurveyRequest
from mdf.study.costs.bench import bench
from mdf.study.costs.work import gmacs
from mdf.study.plan.trace import training_step
from mdf.study.request.labels import label_all

NARROW = [s.replace("width=4", "width=2") for s in SMALL]


def study(runs: Path, settings: list[str], **keys: Any) -> StudyReport:
    asked = {"encoder": "unet", "predictor": [], "steps": 3, "workers": 1, **QUICK, **keys}
    return api.benchmark(runs=runs, observer=Diary(), settings=settings, **asked)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("taught") / "runs"


@pytest.fixture(scope="module")
def large(runs: Path) -> Path:
    """A run whose network teaches."""
    return Path(study(runs, SMALL).results[0].folder)


def tasks() -> dict[str, Task]:
    return {"mask": MaskTask(MaskHead.Config()), "depth": DepthTask(DepthHead.Config())}


def asking(folder: Path, **keys: Any) -> Any:
    """A config whose teacher is the run in `folder`."""
    return located(validate({"teacher": str(folder), "size": 32, **keys}), folder.parent)


def test_with_and_without_a_teacher_in_one_study(runs: Path, large: Path) -> None:
    """The teacher is of another width, and of another data set's depth scale."""
    found = study(runs, [*NARROW, "data.seed=5"], teacher=["none", large.name])
    assert found.ok
    alone, taught = found.results
    assert [alone.label, taught.label] == ["unet · mask bce, depth l1", f"{alone.label} · teacher {large.name}"]
    assert "teacher" not in alone.config
    stored = tomllib.loads((Path(taught.folder) / CONFIG).read_text())["teacher"]
    assert stored == {"run": large.name, "sha256": taught.config["teacher"]["sha256"], "weight": 1.0}
    histories = [json.loads((Path(r.folder) / "history.json").read_text()) for r in (alone, taught)]
    assert histories[0][0] == histories[1][0]  # untrained they are one and the same
    assert histories[0][-1]["losses"] != histories[1][-1]["losses"]
    assert alone.costs["parameters"] == taught.costs["parameters"]
    ours, theirs = (json.loads((Path(folder) / MODEL).read_text())["tasks"] for folder in (taught.folder, large))
    assert ours["depth"]["constants"] != theirs["depth"]["constants"]
    moved = large.rename(large.with_name("moved"))
    try:
        assert mdf.load(taught.folder).tasks.keys() == {"mask", "depth"}  # it needs no teacher any more
    finally:
        moved.rename(large)


@pytest.mark.parametrize("file", [WEIGHTS, MODEL, CONFIG])
def test_its_files_decide_the_identity_and_its_place_does_not(large: Path, tmp_path: Path, file: str) -> None:
    """`model.json` holds its depth scale, `config.toml` how its depth is encoded."""
    copied = tmp_path / large.name
    shutil.copytree(large, copied)
    assert to_table(asking(copied)) == to_table(asking(large))
    content = bytearray((copied / file).read_bytes())
    content[-1] ^= 1
    (copied / file).write_bytes(content)
    assert to_table(asking(copied)) != to_table(asking(large))
    asked = asking(large)
    with pytest.raises(ConfigError, match="have changed: `teacher`"):
        located(validate({"teacher": {"run": str(copied), "sha256": asked.teacher.sha256}}), tmp_path)
    assert located(asked.model_copy(update={"predictor": asked.encoder}), tmp_path).teacher is None


def test_what_cannot_teach_is_refused_before_training(runs: Path, large: Path, tmp_path: Path) -> None:
    with pytest.raises(MdfError, match="no run `nowhere`"):
        study(runs, SMALL, teacher="nowhere")
    catalog, config = Catalog.discover(()), asking(large)
    check_teacher(config, tasks(), catalog)
    other = tasks()
    other["depth"].unit = ""
    with pytest.raises(ConfigError, match=r"learned `depth` in `m`, the data give it in no unit") as caught:
        check_teacher(config, other, catalog)
    assert "`teacher`" in caught.value.hint
    copied = tmp_path / large.name
    shutil.copytree(large, copied)
    stored = json.loads((copied / MODEL).read_text())
    del stored["tasks"]["depth"]
    (copied / MODEL).write_text(json.dumps(stored))
    with pytest.raises(ConfigError, match="predicts mask, and `depth` is to be trained"):
        check_teacher(asking(copied), tasks(), catalog)
    shutil.copy(large / MODEL, copied / MODEL)
    (copied / WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(MdfError, match="damaged"):
        check_teacher(asking(copied), tasks(), catalog)


def test_the_survey_looks_at_the_teacher(large: Path) -> None:
    """Before anything is trained, and with the plugins that the teacher is made of in the identity."""
    catalog = Catalog.discover(())
    config = api.cells(encoder="unet", predictor=[], settings=SMALL)[0]
    gone = TeacherRun(run=large.name, folder=str(large / "gone"))
    with pytest.raises(MdfError, match="gone"):
        survey._checked(config.model_copy(update={"teacher": gone}), open_all(config, catalog), catalog)


def test_it_is_made_again_for_the_students_size(large: Path) -> None:
    teacher = teacher_of(asking(large, size=[48, 40]), Catalog.discover(()))
    assert teacher is not None
    assert not teacher.model.training
    assert not any(parameter.requires_grad for parameter in teacher.model.parameters())
    stored = json.loads((large / MODEL).read_text())["tasks"]
    assert teacher.tasks["depth"].constants == stored["depth"]["constants"]
    assert teacher_of(validate({}), Catalog.discover(())) is None


def test_training_costs_count_the_teacher_and_using_does_not(large: Path) -> None:
    asked = api.cells(encoder="unet", predictor=[], settings=NARROW, teacher=str(large))
    configs = [located(config, large.parent) for config in asked]
    (cell,) = survey.survey(lambda _: None, SurveyRequest(configs, [], fill_cache=False))
    taught, alone = (bench(config, []) for config in (cell.config, cell.config.model_copy(update={"teacher": None})))
    teacher, found, less = taught.teacher(), training_step(taught), training_step(alone)
    assert teacher is not None
    state = [*teacher.model.parameters(), *teacher.model.buffers()]
    assert found.held - less.held == sum(x.numel() * x.element_size() for x in state)
    assert found.peak > less.peak
    assert gmacs(taught) == gmacs(alone)
    taught.train(taught.model(), 1)


def test_labels_tell_teachers_and_weights_that_were_asked_for() -> None:
    none, usual, less = (validate({"teacher": t}) for t in ("none", "abc", "0.5*abc"))
    assert none.teacher is None
    with pytest.raises(ConfigError, match=r"teacher\.weight"):
        validate({"teacher": "half*abc"})
    losses = {"loss": {"mask": "bce", "depth": "l1"}}
    found = label_all([validate({**to_table(c), **losses}) for c in (none, usual, less)])
    last = "unet · mask bce, depth l1"
    assert found == [last, f"{last} · teacher abc · teacher.weight 1.0", f"{last} · teacher abc · teacher.weight 0.5"]
    assert label_all([validate({**to_table(c), **losses}) for c in (none, usual)]) == [last, f"{last} · teacher abc"]
