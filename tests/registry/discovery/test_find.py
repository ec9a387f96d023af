"""Which plugins there are, in which order."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mdf.core.spec import KINDS
from mdf.registry.discovery.find import find
from mdf.registry.discovery.guard import load
from mdf.registry.origin import name_key


def test_built_ins_come_first_one_plugin_a_kind() -> None:
    found = find((), {})
    builtin = [source for source in found.sources if source.builtin]
    assert len(builtin) == len(KINDS)
    assert list(found.sources[: len(KINDS)]) == builtin


def test_the_order_does_not_depend_on_how_plugins_were_asked_for() -> None:
    asked = ["zeta.plugin", "alpha.plugin", "mid"]
    first = find(asked, {})
    assert [source.plugin for source in first.sources if not source.builtin] == ["alpha.plugin", "mid", "zeta.plugin"]
    assert find(reversed(asked), {}) == first
    assert find(asked[:1], {"MDF_PLUGINS": f"alpha.plugin{os.pathsep}mid"}) == first
    assert find([*asked, "mid"], {"MDF_PLUGINS": "mid, alpha.plugin"}) == first


def test_a_file_is_found_wherever_a_worker_process_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_plugin_file.py").write_text("")
    monkeypatch.chdir(tmp_path)
    (source,) = (source for source in find(["a_plugin_file.py"], {}).sources if not source.builtin)
    assert source.target == str(tmp_path / "a_plugin_file.py")
    assert source.plugin == "a_plugin_file"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("no/such/file.py", "no file"),
        ("nothere.py", "no file"),
        ("not a module", "is not the name of a module"),
        ("a..b", "is not the name of a module"),
    ],
)
def test_what_cannot_be_found_is_a_fault(text: str, error: str) -> None:
    (fault,) = find([text], {}).faults
    assert fault.stage == "find"
    assert error in fault.error
    assert fault.hint


@pytest.mark.parametrize(("name", "error"), [("not-a-name", "cannot be a module's name"), ("json", "another module")])
def test_a_file_whose_name_cannot_be_imported_says_so(tmp_path: Path, name: str, error: str) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text("")
    known = sys.modules.get(name)
    (source,) = (source for source in find([str(path)], {}).sources if not source.builtin)
    (loaded,) = load([source])
    fault = loaded.fault
    assert fault is not None
    assert error in fault.error
    assert sys.modules.get(name) is known


def test_a_file_that_fails_leaves_no_half_module(tmp_path: Path) -> None:
    path = tmp_path / "half_made_plugin.py"
    path.write_text("x = 1\nraise KeyError('x')")
    (source,) = (source for source in find([str(path)], {}).sources if not source.builtin)
    (loaded,) = load([source])
    fault = loaded.fault
    assert fault is not None
    assert fault.error == "KeyError: 'x' (half_made_plugin.py:2)"
    assert "Traceback" in fault.trace
    assert "half_made_plugin" not in sys.modules


def test_ctrl_c_is_not_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "interrupting_plugin.py"
    path.write_text("raise KeyboardInterrupt")
    (source,) = (source for source in find([str(path)], {}).sources if not source.builtin)
    with pytest.raises(KeyboardInterrupt):
        list(load([source]))


@pytest.mark.parametrize("name", ["My_Dist", "my.dist", "MY--DIST"])
def test_names_that_packaging_holds_for_the_same_are_the_same(name: str) -> None:
    assert name_key(name) == "my-dist"


def test_left_out_plugins_are_remembered() -> None:
    found = find(["gone.plugin"], {"MDF_DISABLE_PLUGINS": "gone.plugin,other"})
    assert found.disabled == ("gone.plugin",)
    assert all(source.builtin for source in found.sources)


@pytest.mark.parametrize(("written", "hint"), [("soft_lgo", "`soft-log`"), ("losses", "take it out there")])
def test_a_plugin_to_be_left_out_that_is_not_there_is_told(written: str, hint: str) -> None:
    found = find(["soft.log"], {"MDF_DISABLE_PLUGINS": f"{written},SOFT-LOG"})
    assert found.disabled == ("SOFT-LOG",)
    (notice,) = found.notices
    assert (notice.plugin, notice.concern) == (written, "unknown")
    assert hint.replace("soft-log", "soft.log") in notice.hint
