"""A trial's id changes with everything that can change its result, and with nothing else."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tiny_study import ROOT, SCENES, SMALL

from mdf import api
from mdf.core.spec import Spec
from mdf.registry import Catalog, Offer, discovery
from mdf.study import code_digest, identity
from mdf.study.cell import Cell, LabelledCell, SurveyRequest
from mdf.study.costs.key import cost_key
from mdf.study.identity import modules_used, package_hash, trial_id, versions_of
from mdf.study.plan.forecasts import without_forecasts
from mdf.study.survey import survey
from mdf.study.trial.outcome import TrialRequest

STAMP = {"device": "cuda:0", "precision": "fp32", "channels_last": True, "threads": 1, "torch": "2.14"}
NETWORK = {"encoder": "unet", "loss": "l1", "predictor": [], "settings": SMALL, "steps": 2}
ANOTHER = {"encoder": "resnet18", "loss": "mask=dice,depth=huber", "settings": [*SCENES, "size=32"]}
METHOD = {"config": {"predictor": "absdiff"}, "encoder": None, "loss": None, "steps": None, "settings": SCENES}


def key(stamp: dict[str, Any] = STAMP, made: dict[str, str] | None = None, fingerprint: str = "f", **keys: Any) -> str:
    config = api.cells(encoder="unet", predictor=[], **keys)[0]
    return trial_id(Cell(config, fingerprint, "scene", ("mask",), stamp, made or {"numpy": "2"}, "c", "d", ("cpu",), 1))


def surveyed(**keys: Any) -> Cell:
    (cell,) = survey(lambda _: None, SurveyRequest(api.cells(**{**NETWORK, **keys}), (), fill_cache=False))
    return cell


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"loss": "mse"},
        {"steps": 5},
        {"settings": ["train.devices=2"]},
        {"settings": ["train.norms=group"]},
        {"fingerprint": "g"},
        {"made": {"numpy": "3"}},
        {"made": {"numpy": "2", "timm": "1"}},
        *({"stamp": {**STAMP, name: "other"}} for name in STAMP),
    ],
    ids=str,
)
def test_whatever_decides_the_result_changes_the_id(change: dict[str, Any]) -> None:
    assert key(**change) != key()


def test_the_number_of_the_device_and_the_rest_of_the_stamp_do_not() -> None:
    assert key() == key({**STAMP, "device": "cuda:1", "device_name": "another", "python": "3.99"})


def test_maps_that_are_computed_again_change_costs_and_no_result() -> None:
    assert key() == key(settings=["train.recompute=on"]) == key(settings=["train.recompute=off"])
    cells = [surveyed(settings=[*SMALL, f"train.recompute={value}"]) for value in ("on", "off")]
    assert len({cost_key(cell) for cell in cells}) == 2


# --- the code -----------------------------------------------------------------------------------------------------

READ = code_digest.read_source
RUN = """
import json, pickle, sys
from pathlib import Path
request, found = pickle.loads(Path(sys.argv[1]).read_bytes())
from mdf.registry import hand_over
hand_over(found)
from mdf.study.trial.trial import run_trial
run_trial(lambda _: None, request)
print(json.dumps(sorted(name for name in sys.modules if name.partition(".")[0] == "mdf")))
"""
"""What a worker does, without what only workers and their server import."""


@pytest.fixture(scope="module")
def cell() -> Cell:
    return surveyed()


@pytest.fixture(scope="module")
def imported(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The modules of mdf that a process has imported which has run this trial."""
    folder = tmp_path_factory.mktemp("trial")
    Catalog.discover()
    request = TrialRequest(cell.config, (), folder / "run", cell.stamp, ["cpu"], cell.fingerprint)
    asked = folder / "asked"
    asked.write_bytes(pickle.dumps((request, discovery())))
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(asked)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    assert (folder / "run" / "weights.safetensors").is_file()
    return modules


def id_of(cell: Cell) -> str:
    """Its id, the code being hashed anew."""
    catalog = Catalog.discover()
    used = [("encoder", "unet"), ("fusion", "early"), ("decoder", "unet"), ("head", "mask"), ("head", "depth")]
    used += [("schedule", "joint"), ("balance", "fixed"), ("loss", "bce"), ("loss", "l1"), ("dataset", "scenes")]
    used += [("metric", name) for name in ("iou", "iou-image", "fmeasure", "rmse")]
    offers = [catalog.find(kind, name) for kind, name in used]
    hashed = identity.code_of(modules_used([identity.TRIAL], offers), offers)
    return trial_id(replace(cell, code=hashed))


text_of = cache(code_digest.read_source)


def edited(monkeypatch: pytest.MonkeyPatch, module: str, before: str, after: str) -> None:
    """Let `module` have other text at its beginning and its end."""
    read = text_of if code_digest.read_source is READ else code_digest.read_source
    monkeypatch.setattr(
        code_digest, "read_source", lambda name: before + read(name) + after if name == module else read(name)
    )


def test_the_survey_hashes_the_code_of_what_the_trial_uses(cell: Cell) -> None:
    assert trial_id(cell) == id_of(cell)


def test_a_trial_imports_what_its_whole_story_needs_and_neither_report_nor_loggers(imported: list[str]) -> None:
    assert {"mdf.engine.flow", "mdf.data.backgrounds", "mdf.data.wrappers", "mdf.runs.checkpoint"} <= set(imported)
    assert {"mdf.registry.component", "mdf.plugins.losses.l1", "mdf.data.cache"} <= set(imported)
    reached = code_digest.modules_of([identity.TRIAL])
    for names in (set(imported), reached):
        rooms = {".".join(name.split(".")[:2]) for name in names}
        assert not rooms & {"mdf.report", "mdf.cli", "mdf.api", "mdf.testing", "mdf.workers"}
        assert not [name for name in names if name.startswith(("mdf.plugins.loggers", "mdf.plugins.losses.dice"))]


def test_an_edit_of_any_module_that_a_trial_imports_changes_its_id_and_a_comment_does_not(
    cell: Cell, imported: list[str]
) -> None:
    assert len(imported) > 80
    before = trial_id(cell)
    for module in imported:
        with pytest.MonkeyPatch.context() as patch:
            edited(patch, module, "", "\nEDITED = True\n")
            assert id_of(cell) != before, f"an edit of {module} is not seen"
        with pytest.MonkeyPatch.context() as patch:
            edited(patch, module, "# a comment\n", "\n\n# another\n'a docstring'\n")
            assert id_of(cell) == before, f"a comment in {module} is"


def test_the_code_of_what_a_trial_does_not_use_is_no_part_of_its_id(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trial_id(cell)
    for module in ("mdf.plugins.losses.dice", "mdf.report.report", "mdf.study.survey", "mdf.workers.process"):
        edited(monkeypatch, module, "", "\nEDITED = True\n")
    assert id_of(cell) == before


def test_one_more_built_in_component_changes_no_id_and_another_line_of_a_used_one_does(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trial_id(cell)
    read = code_digest.read_source
    fixed = '        Spec("fixed"'

    def with_line(name: str) -> str:
        source = read(name)
        if name != "mdf.plugins.balances":
            return source
        assert fixed in source
        return source.replace(fixed, f'        Spec("new", "mdf.plugins.balances.new:New", "Another one."),\n{fixed}')

    monkeypatch.setattr(code_digest, "read_source", with_line)
    assert id_of(cell) == before
    offers = [offer for offer in Catalog.discover() if (offer.kind, offer.spec.name) == ("head", "mask")]
    changed = [
        replace(offers[0], spec=replace(offers[0].spec, **change)) for change in ({"tasks": ()}, {"summary": "x"})
    ]
    hashes = [identity.code_of(modules_used([], [offer]), [offer]) for offer in (*offers, *changed)]
    assert hashes[0] == hashes[2] != hashes[1]


def test_cells_that_use_other_components_have_another_code_and_the_same_costs_where_losses_differ(cell: Cell) -> None:
    other, mse = surveyed(**ANOTHER), surveyed(loss="mse")
    assert len({each.code for each in (cell, other, mse)}) == 3
    assert cell.costs_code == mse.costs_code != other.costs_code
    assert cost_key(cell) == cost_key(mse)


def test_a_method_without_a_network_does_not_depend_on_the_code_of_any(monkeypatch: pytest.MonkeyPatch) -> None:
    before = surveyed(**METHOD)
    edited(monkeypatch, "mdf.plugins.encoders.unet", "", "\nEDITED = True\n")
    assert surveyed(**METHOD).code == before.code
    edited(monkeypatch, "mdf.plugins.predictors.absdiff", "", "\nEDITED = True\n")
    assert surveyed(**METHOD).code != before.code


# --- what it computes with ----------------------------------------------------------------------------------------


def offer(target: str, distribution: str = "theirs", version: str = "1.5") -> Offer:
    return Offer("plugin", distribution, version, "loss", Spec("l", target, "A loss."))


def test_libraries_that_a_trial_computes_with_are_known_by_their_versions() -> None:
    versions = versions_of(modules_used([identity.TRIAL], []), [])
    assert {"numpy", "pillow", "numba", "scipy"} <= set(versions)
    assert all(versions.values())
    assert not set(versions) & {"torch", "pydantic", "opencv-python-headless", "OpenEXR"}


@pytest.mark.parametrize(
    ("module", "import_name", "library"),
    [
        ("mdf.plugins.predictors.mog2:Mog2", "cv2", "opencv"),
        ("mdf.plugins.datasets.folder.dataset:Folder", "OpenEXR", "openexr"),
        ("mdf.plugins.datasets.video:VideoFile", "av", "av"),
        ("mdf.plugins.encoders.timm_encoder:TimmEncoder", "timm", "timm"),
    ],
)
def test_libraries_of_a_component_count_where_it_is_used(module: str, import_name: str, library: str) -> None:
    """Whatever it imports, without a list of names: a new version of a decoder gives another id."""
    pytest.importorskip(import_name)
    component = offer(module, distribution="mask-depth-framework")
    used = versions_of(modules_used([identity.TRIAL], [component]), [component])
    added = set(used) - set(versions_of(modules_used([identity.TRIAL], []), []))
    assert any(name.lower().startswith(library) for name in added)


def test_an_edited_plugin_of_unchanged_version_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in its package: a component's module imports others. A comment changes nothing."""
    inner = tmp_path / "edited_plugin" / "deep"
    inner.mkdir(parents=True)
    for folder in (inner.parent, inner):
        (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    for text in ("A = 1", "A = 2", "A = 1  # one"):
        (inner / "blur.py").write_text(text)
        package_hash.cache_clear()
        seen.append(versions_of([], [offer("edited_plugin.loss:Loss")])["theirs edited_plugin"])
    assert seen[0] == seen[2] != seen[1]
    assert all(version.startswith("1.5 ") for version in seen)
    assert "edited_plugin" not in sys.modules


def test_a_plugin_of_one_file_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lone_plugin.py").write_text("A = 1")
    (tmp_path / "neighbour.py").write_text("A = 1")
    monkeypatch.syspath_prepend(tmp_path)
    first = package_hash("lone_plugin")
    package_hash.cache_clear()
    (tmp_path / "neighbour.py").write_text("A = 2")
    assert package_hash("lone_plugin") == first
    package_hash.cache_clear()
    (tmp_path / "lone_plugin.py").write_text("A = 2")
    assert package_hash("lone_plugin") != first
    assert package_hash("no_such_plugin_anywhere") == ""


def test_where_nothing_is_forecast_nothing_is_left_undecided(cell: Cell) -> None:
    (decided,) = without_forecasts([LabelledCell("a", "a", cell)])
    assert (cell.config.train.recompute, decided.cell.config.train.recompute) == ("auto", "off")
