"""`mdf plugins list | show | doctor`: the result on stdout, the rest on stderr, exit codes that mean something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mdf
from mdf.cli import main
from mdf.core.spec import KINDS
from mdf.registry import Catalog

ROOT = Path(mdf.__file__).parents[1]
LONG = "a-name-so-long-that-no-table-of-eighty-columns-has-room-for-all-of-it"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plugins but those of the test, and a pipe's width."""
    for name in ("MDF_PLUGINS", "MDF_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def out(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    """stdout of a command that ends with `code`."""
    assert main(args) == code
    return capsys.readouterr().out


def err(capsys: pytest.CaptureFixture[str], *args: str, code: int) -> list[str]:
    """stderr's lines of a command that ends with `code` and prints no result."""
    assert main(args) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_the_list_names_every_component_within_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "plugins", "list")
    assert all(offer.usage in text for offer in Catalog.discover())
    assert max(map(len, text.splitlines())) <= 80


def test_a_long_name_is_neither_cut_nor_folded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long_name_plugin.py"
    path.write_text(
        "from mdf.core.hooks import hookimpl\nfrom mdf.core.spec import Spec\n"
        f"@hookimpl\ndef mdf_losses():\n    return [Spec('{LONG}', 'a:B', 'One.')]\n"
    )
    monkeypatch.setitem(sys.modules, "long_name_plugin", None)
    monkeypatch.delitem(sys.modules, "long_name_plugin")
    text = out(capsys, "-p", str(path), "plugins", "list", "--kind", "loss")
    assert LONG in text
    assert "One." in text


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone_can_be_listed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(out(capsys, "plugins", "list", "--kind", kind, "--json"))
    assert {line["kind"] for line in listed["components"]} == {kind}
    assert listed["faults"] == []


@pytest.mark.parametrize(("kind", "name"), [("loss", "l1"), ("encoder", "unet"), ("dataset", "cdnet")])
def test_show_tells_contract_options_home_and_an_example(
    kind: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(out(capsys, "plugins", "show", kind, name, "--json"))
    text = out(capsys, "plugins", "show", kind, name)
    assert told["options"]["type"] == "object"
    for key in ("target", "contract", "example"):
        assert told[key]
        assert told[key] in text
    for option, schema in told["options"].get("properties", {}).items():
        assert option in text
        assert schema["description"].split()[0] in text


def test_an_unknown_name_is_two_lines_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    error, hint = err(capsys, "plugins", "show", "encoder", "unnet", code=2)
    assert error == "error: no encoder is called `unnet`"
    assert hint.startswith("hint: closest: unet (built in)")


@pytest.mark.parametrize(
    ("args", "error", "hint"),
    [
        (["plguins"], "`mdf` has no command `plguins`", "did you mean `mdf plugins`?"),
        (["plugins", "lst"], "`mdf plugins` has no command `lst`", "did you mean `mdf plugins list`?"),
        (["plugins", "list", "--jsn"], "No such option", "`mdf plugins list --help`"),
        (["plugins", "show", "loss"], "Missing argument 'NAME'", "`mdf plugins show --help`"),
        (["plugins", "list", "--kind", "los"], "`los` is not a kind of component", "did you mean `loss`?"),
    ],
)
def test_a_mistyped_command_line_is_two_lines_and_exit_2(
    args: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = err(capsys, *args, code=2)
    assert len(lines) == 2
    assert error in lines[0]
    assert hint in lines[1]


def test_a_plugin_that_was_asked_for_and_fails_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-p", str(tmp_path / "gone.py"), "plugins", "list"]) == 0
    captured = capsys.readouterr()
    assert "warning: plugin `gone` could not be used: no file" in captured.err
    assert "unet" in captured.out


def test_the_doctor_names_faults_and_their_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sick_plugin.py"
    path.write_text("raise OSError('ill')")
    monkeypatch.setenv("MDF_DISABLE_PLUGINS", "somebody")
    text = out(capsys, "-p", str(path), "-p", "somebody", "plugins", "doctor", code=1)
    assert "plugin `sick_plugin`: load\n  error: OSError: ill (sick_plugin.py:1)\n  cure:" in text
    assert "left out by MDF_DISABLE_PLUGINS: somebody" in text
    assert main(["--debug", "-p", str(path), "plugins", "doctor"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_plugin_to_be_left_out_that_is_not_there_is_one_warning_wherever_plugins_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "somebody.py"
    path.write_text("from mdf.core.hooks import hookimpl\n@hookimpl\ndef mdf_losses():\n    return []\n")
    monkeypatch.setitem(sys.modules, "somebody", None)
    monkeypatch.delitem(sys.modules, "somebody")
    monkeypatch.setenv("MDF_DISABLE_PLUGINS", "sombody")
    told = "plugin `sombody`: MDF_DISABLE_PLUGINS names it, but no plugin has that name"
    warning = f"warning: {told}; did you mean `somebody`?\n"
    for command in (["list", "--kind", "loss"], ["show", "loss", "l1"], ["doctor"]):
        main(["-p", str(path), "plugins", *command])
        captured = capsys.readouterr()
        assert captured.err.count(warning) == 1
        assert (told in captured.out) == (command == ["doctor"])
    assert main(["-p", str(path), "benchmark", "--encoder", "unte"]) == 2
    assert capsys.readouterr().err.startswith(f"{warning}error: no encoder is called `unte`")


def test_the_doctor_is_content_with_the_built_ins(capsys: pytest.CaptureFixture[str]) -> None:
    """Extras may be missing: `trackers` asks for an OpenCV that does not stand beside the headless one."""
    told = out(capsys, "plugins", "doctor")
    assert "could not be imported" not in told.replace("tracker `trackers` of mdf itself could not be imported", "")
    assert told.endswith(("every plugin works\n", "0 faults, 1 notices\n"))


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert out(capsys, "--version") == f"mdf {mdf.__version__}\n"
    assert out(capsys, "--help") == out(capsys)
    assert "doctor" in out(capsys, "plugins")


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise on Windows")
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m mdf plugins list --json | true"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_who_has_to_be_named_in_full_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "status" not in out(capsys, "plugins", "list", "--kind", "loss").splitlines()[0]
    path = tmp_path / "second_l1.py"
    path.write_text(
        "from mdf.core.hooks import hookimpl\nfrom mdf.core.spec import Spec\n"
        "@hookimpl\ndef mdf_losses():\n    return [Spec('l1', 'a:B', 'Another.')]\n"
    )
    monkeypatch.setitem(sys.modules, "second_l1", None)
    monkeypatch.delitem(sys.modules, "second_l1")
    told = json.loads(out(capsys, "-p", str(path), "plugins", "list", "--kind", "loss", "--json"))
    stands = {c["full_name"]: c["status"] for c in told["components"] if c["name"] == "l1"}
    assert stands["mask-depth-framework/l1"] == "ok"
    assert sorted(stands.values())[0].startswith("as ")
