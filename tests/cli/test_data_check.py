"""`mdf data info` and `mdf data check` on the command line: what is printed, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from faulty_set import cut_short, make_folder, make_plugin

from mdf.cli import main


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_plugin(tmp_path_factory.mktemp("plugin"), "faulty_cli_plugin")


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, list[str]]:
    code = main(args)
    return code, capsys.readouterr().out.splitlines()


def test_errors_are_a_line_each_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_folder(tmp_path)
    cut = cut_short(root / "fg_bg" / "room1_002.jpg")
    code, lines = run(capsys, "data", "check", f"folder:{root}")
    assert (code, len(lines)) == (1, 2)
    assert lines[0].startswith(f"error: {cut} cannot be read")
    assert "; hint: " in lines[0]
    assert "19 of 20 samples read" in lines[1]
    assert lines[1].endswith("1 error, 0 warnings")


def test_warnings_alone_are_exit_code_0(plugin: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "-p", plugin, "data", "check", "faulty", "--set", "data.fault=unknown")
    assert (code, lines[0].split(":")[0]) == (0, "warning")


def test_json_has_every_finding(plugin: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "-p", plugin, "data", "check", "faulty", "--set", "data.fault=shared scene", "--json")
    found = json.loads("\n".join(lines))
    assert (code, found["errors"]) == (1, sum(f["level"] == "error" for f in found["findings"]))
    assert {"level", "kind", "what", "cure"} == set(found["findings"][0])


def test_many_findings_of_a_kind_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_folder(tmp_path, frames=8)
    for path in sorted((root / "fg_bg").iterdir())[3:33]:
        cut_short(path)
    code, lines = run(capsys, "data", "check", f"folder:{root}")
    assert (code, len(lines)) == (1, 22)
    assert lines[-2] == "error: 10 more of the kind `unreadable`: `--json` lists them"


def test_info_is_a_name_and_a_value_a_line(plugin: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "-p", plugin, "data", "info", "faulty", "--set", "data.fault=empty")
    rows = {line[:14].strip(): line[15:] for line in lines}
    assert code == 0
    assert rows["size"] == "32×32 (9 samples)"
    assert rows["splits"] == "by scene; 9 scenes"
    assert rows["train"] == "5 samples, 5 scenes"
    assert rows["mask"].startswith("foreground 0 to 7.91 %, median 7.91; 1 empty")
    assert rows["depth"] == "4 to 4 m, median 4; 100.0% of pixels valid"
    assert rows["cache"] == "none: it is read directly"


def test_info_as_json(plugin: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "-p", plugin, "data", "info", "faulty", "--json")
    assert (code, json.loads("\n".join(lines))["samples"]) == (0, 9)


@pytest.mark.parametrize("command", ["info", "check"])
def test_the_process_that_is_started_imports_no_torch(command: str, tmp_path: Path) -> None:
    code = (
        "import sys; from mdf.cli import main\n"
        f"main(['data', {command!r}, {f'folder:{make_folder(tmp_path)}'!r}])\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=True, timeout=300, capture_output=True)


@pytest.mark.parametrize("command", ["info", "check"])
def test_a_folder_that_is_not_there(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", command, f"folder:{tmp_path / 'absent'}"]) == 1
    assert "there is no folder" in capsys.readouterr().err
