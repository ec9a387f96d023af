"""Every broken plugin installed at once, by the real tools: each is a named fault, and all else works as before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin_packages import BEHAVED, GOOD, NOTED, REFUSED, UNUSABLE, Package, install_all

import mdf
from mdf.core.errors import PluginError, UnknownNameError
from mdf.registry import Catalog, Fault, Notice
from mdf.registry.discovery.find import Discovered
from mdf.registry.doctor import examine

ROOT = Path(mdf.__file__).parents[1]
BROKEN = [package for package in REFUSED if package.buildable]
ASKED = """benchmark --json --no-costs --no-pictures --size 32 --steps 2 --batch-size 4 --encoder s2d-small
--loss mask=bce,depth=l1 --predictor absdiff --set data.size=32 --set data.train=8 --set data.val=4 --set data.test=4
--set train.validations=1"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that all of them are installed in; this process sees it too."""
    pytest.importorskip("pip", reason="pip installs the packages")
    pytest.importorskip("hatchling", reason="the packages are built with hatchling")
    site = install_all([GOOD, *BROKEN, *UNUSABLE, *BEHAVED], tmp_path_factory.mktemp("crowd"))
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        for name in ("MDF_PLUGINS", "MDF_DISABLE_PLUGINS"):
            patch.delenv(name, raising=False)
        yield site
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(site)):
            del sys.modules[name]


@pytest.fixture(scope="module")
def catalog(crowd: Path) -> Catalog:
    assert crowd.is_dir()
    return Catalog.discover()


@pytest.fixture(scope="module")
def examined(catalog: Catalog) -> tuple[list[Fault], list[Notice]]:
    return examine(catalog)


def run(site: Path | None, *args: str, folder: Path = ROOT, **given: str) -> subprocess.CompletedProcess[str]:
    """`mdf` as users run it, beside what is installed in `site`."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MDF_")}
    path = os.pathsep.join(map(str, (site, ROOT) if site else (ROOT,)))
    environ |= {"PYTHONPATH": path, "COLUMNS": "80", "MDF_CACHE": str(folder / "cache"), **given}
    command = [sys.executable, "-m", "mdf", *args]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=500)


def by_name(package: Package) -> str:
    return package.name


@pytest.mark.parametrize("package", BROKEN, ids=by_name)
def test_a_refused_plugin_is_a_fault_of_its_own(package: Package, catalog: Catalog) -> None:
    (fault,) = (fault for fault in catalog.faults if fault.distribution == package.name)
    assert (fault.version, fault.stage) == ("1.5", package.stage)
    assert package.error in fault.error
    assert package.hint in fault.hint
    assert fault.error.isprintable()
    assert fault.hint


@pytest.mark.parametrize("package", BROKEN, ids=by_name)
def test_needing_a_refused_plugin_tells_its_fault(package: Package, catalog: Catalog) -> None:
    for name in (package.name, f"{package.name}/anything"):
        with pytest.raises(UnknownNameError) as told:
            catalog.find("loss", name)
        assert package.name in told.value.hint
        assert package.error in told.value.hint
        assert "mdf plugins doctor" in told.value.hint


def test_nobody_else_is_at_fault_and_nothing_is_lost(catalog: Catalog) -> None:
    assert {fault.distribution for fault in catalog.faults} == {package.name for package in BROKEN}
    alone = Catalog(Discovered(tuple(source for source in catalog.discovered.sources if source.builtin)))
    assert [offer for offer in catalog if offer.builtin] == list(alone)
    assert catalog.load("loss", "good").__name__ == "Good"
    assert [listener.distribution for listener in catalog.listeners] == ["deaf-follower"]


@pytest.mark.parametrize("package", UNUSABLE, ids=by_name)
def test_a_component_that_fails_names_its_plugin_when_needed(
    package: Package, catalog: Catalog, examined: tuple[list[Fault], list[Notice]]
) -> None:
    with pytest.raises(PluginError) as told:
        catalog.config("loss", package.name, {})
    assert package.name in told.value.message
    assert package.error in told.value.message
    assert told.value.hint
    (fault,) = (fault for fault in examined[0] if fault.distribution == package.name)
    assert fault.stage == package.stage
    assert package.error in fault.error


def test_help_imports_none_of_them(crowd: Path) -> None:
    crowded, alone = run(crowd, "--help"), run(None, "--help")
    assert (crowded.returncode, crowded.stdout, crowded.stderr) == (0, alone.stdout, "")


def test_they_are_listed_with_their_faults_and_notices(crowd: Path) -> None:
    done = run(crowd, "plugins", "list", "--json")
    assert done.returncode == 0
    listed = json.loads(done.stdout)
    names = [line["name"] for line in listed["components"] if line["builtin"]]
    assert names == [line["name"] for line in json.loads(run(None, "plugins", "list", "--json").stdout)["components"]]
    assert {fault["distribution"] for fault in listed["faults"]} == {package.name for package in BROKEN}
    notices = {notice["distribution"]: (notice["concern"], notice["message"]) for notice in listed["notices"]}
    assert notices.keys() == NOTED.keys()
    for name, (concern, message) in NOTED.items():
        assert notices[name][0] == concern
        assert notices[name][1].startswith(message)


def test_the_doctor_names_each(crowd: Path) -> None:
    doctor = run(crowd, "plugins", "doctor", "--json")
    assert doctor.returncode == 1
    told = json.loads(doctor.stdout)
    stages = {fault["distribution"]: fault["stage"] for fault in told["faults"]}
    assert stages == {package.name: package.stage for package in (*BROKEN, *UNUSABLE)}
    assert {notice["distribution"] for notice in told["notices"]} >= NOTED.keys()


def test_a_benchmark_that_needs_none_of_them_has_the_same_table(crowd: Path, tmp_path: Path) -> None:
    reports = []
    for site in (None, crowd):
        folder = tmp_path / ("crowded" if site else "alone")
        folder.mkdir()
        done = run(site, *ASKED.split(), folder=folder)
        assert done.returncode == 0, done.stderr
        reports.append(table(json.loads(done.stdout)))
        told = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
        if site:
            (warning,) = told
            assert "plugin `deaf-follower` (deaf-follower 1.5): `mdf_trial_end` failed: ValueError" in warning
        else:
            assert not told
    assert reports[0] == reports[1]
    assert [row["status"] for row in reports[0]["trials"]] == ["ok", "ok"]


def table(report: dict[str, Any]) -> dict[str, Any]:
    """What does not tell when and how fast it was computed."""
    rows = [{key: row[key] for key in ("id", "label", "status", "scores")} for row in report["trials"]]
    return {"columns": report["columns"], "trials": rows}


@pytest.mark.parametrize(
    ("loss", "code", "error"),
    [
        ("import-raises", 2, "error: no loss is called `import-raises`"),
        ("mask=class-gone", 1, "error: loss `class-gone` of plugin `class-gone` (class-gone 1.5): `class_gone` has"),
    ],
)
def test_a_benchmark_that_needs_one_is_told_in_two_lines(
    loss: str, code: int, error: str, crowd: Path, tmp_path: Path
) -> None:
    asked = ("benchmark", "--loss", loss, "--predictor", "none")
    done = run(crowd, *asked, folder=tmp_path, MDF_DISABLE_PLUGINS="heavy,slow")  # only to be quick
    assert (done.returncode, done.stdout) == (code, "")
    first, hint = done.stderr.splitlines()
    assert first.startswith(error)
    assert hint.startswith("hint: ")
