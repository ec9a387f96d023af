"""Installations that no tool of today would leave, names that clash, and plugins that are left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_packages import GOOD, LINE, REFUSED, Package, offering

import mdf
from mdf.core.errors import MdfError, PluginError, UnknownNameError
from mdf.registry import Catalog
from mdf.registry.doctor import examine

ROOT = Path(mdf.__file__).parents[1]


def run(site: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """`mdf` as users run it."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MDF_")}
    environ |= {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "COLUMNS": "80"}
    command = [sys.executable, "-m", "mdf", *args]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)


ODD = [package for package in REFUSED if not package.buildable]


@pytest.mark.parametrize("package", ODD, ids=lambda package: package.name)
def test_what_cannot_be_built_is_a_fault_of_its_own(package: Package, site: Path) -> None:
    GOOD.install(site)
    untouched = [offer.full_name for offer in Catalog.discover()]
    package.install(site)
    catalog = Catalog.discover()
    (fault,) = catalog.faults
    assert (fault.distribution, fault.version, fault.stage) == (package.name, "1.5", package.stage)
    assert package.error in fault.error
    assert package.hint in fault.hint
    assert fault.error.isprintable()
    assert fault.hint
    assert [offer.full_name for offer in catalog] == untouched
    assert catalog.load("loss", "good").__name__ == "Good"


def test_where_torch_itself_fails_the_doctor_says_so_once(site: Path) -> None:
    (site / "torch.py").write_text("raise OSError('no libtorch')")
    done = run(site, "plugins", "doctor", "--json")
    assert done.returncode == 1
    (fault,) = json.loads(done.stdout)["faults"]
    assert "torch, which every component needs, could not be imported: OSError: no libtorch" in fault["error"]
    assert run(site, "plugins", "list").returncode == 0


def test_a_missing_extra_is_named_and_is_no_fault(site: Path) -> None:
    line = 'Spec("wants-extra", "wants_extra_x:A", "A loss.", extra="fast")'
    files = {"wants_extra_x.py": "import surely_not_installed"}
    Package("wants-extra", offering(line), files=files).install(site)
    catalog = Catalog.discover()
    with pytest.raises(PluginError) as told:
        catalog.load("loss", "wants-extra")
    assert told.value.hint == '`pip install "wants-extra[fast]"`'
    faults, notices = examine(catalog)
    assert not [fault for fault in faults if not fault.builtin]
    assert {notice.concern for notice in notices} == {"extra"}
    assert [notice.distribution for notice in notices].count("wants-extra") == 1


def test_a_built_in_keeps_its_name_and_the_full_name_means_the_plugin(site: Path) -> None:
    Package("name-thief", offering(LINE.format(name="l1", target="name_thief:A"))).install(site)
    catalog = Catalog.discover()
    assert catalog.find("loss", "l1").builtin
    assert catalog.find("loss", "mask-depth-framework/l1").builtin
    assert catalog.find("loss", "name-thief/l1").distribution == "name-thief"
    assert catalog.find("loss", "Name_Thief/l1").distribution == "name-thief"
    (notice,) = catalog.notices
    assert (notice.concern, notice.distribution) == ("clash", "name-thief")
    assert "name-thief/l1" in notice.hint


def test_a_name_of_two_third_parties_is_an_error_naming_both(site: Path) -> None:
    for name in ("party-one", "party-two"):
        line = LINE.format(name="shared", target=f"{name.replace('-', '_')}:A")
        Package(name, offering(line)).install(site)
    catalog = Catalog.discover()
    with pytest.raises(UnknownNameError) as told:
        catalog.find("loss", "shared")
    assert "party-one/shared" in told.value.hint
    assert "party-two/shared" in told.value.hint
    assert catalog.find("loss", "party-two/shared").plugin == "party-two"
    assert [notice.concern for notice in catalog.notices] == ["clash", "clash"]
    with pytest.raises(UnknownNameError) as near:
        catalog.find("loss", "shraed")
    assert "party-one/shared" in near.value.hint


def test_a_name_that_two_plugins_of_one_distribution_offer_is_an_error(site: Path) -> None:
    points = "[mdf]\nfirst = two_plugins\nsecond = two_plugins_b\n"
    line = LINE.format(name="twice", target="a:B")
    files = {"two_plugins_b.py": offering(line)}
    Package("two-plugins", offering(line), entry_points=points, files=files).install(site)
    with pytest.raises(UnknownNameError) as told:
        Catalog.discover().find("loss", "twice")
    assert "`first` and `second`" in told.value.message
    assert "MDF_DISABLE_PLUGINS" in told.value.hint


def test_a_plugin_is_left_out_by_its_own_or_its_distributions_name(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    GOOD.install(site)
    REFUSED[0].install(site)
    monkeypatch.setenv("MDF_DISABLE_PLUGINS", f"Good_Plugin, {REFUSED[0].name}")
    catalog = Catalog.discover()
    assert not catalog.faults
    with pytest.raises(MdfError):
        catalog.find("loss", "good")


def test_a_distribution_without_a_name_is_told_by_its_plugins_name(site: Path) -> None:
    GOOD.install(site)
    next(site.glob("good_plugin*/METADATA")).write_bytes(b"Version: \xff\n")
    (fault,) = Catalog.discover().faults
    assert (fault.plugin, fault.stage) == ("good-plugin", "find")
    assert "names no distribution" in fault.error


def test_a_distribution_whose_folder_bears_another_name_is_used(site: Path) -> None:
    GOOD.install(site)
    next(site.glob("good_plugin*.dist-info")).rename(site / "something_else-1.5.dist-info")
    catalog = Catalog.discover()
    assert not catalog.faults
    assert catalog.find("loss", "good").distribution == "good-plugin"


def test_a_broken_import_hook_of_somebody_else_leaves_the_built_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        @staticmethod
        def find_distributions(*_: object) -> None:
            raise RuntimeError("hook")

        @staticmethod
        def find_spec(*_: object) -> None:
            return None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Broken])
    catalog = Catalog.discover()
    assert [fault.error.partition(" (")[0] for fault in catalog.faults] == ["RuntimeError: hook"]
    assert catalog.find("loss", "l1").builtin


def test_the_distribution_that_python_would_import_is_the_one_that_counts(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    GOOD.install(site)
    newer = tmp_path / "newer"
    Package("good-plugin", entry_points="[console_scripts]\n").install(newer)
    monkeypatch.syspath_prepend(str(newer))
    assert all(offer.builtin for offer in Catalog.discover())
