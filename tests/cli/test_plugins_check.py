"""`mdf plugins check`: ticks for people, JSON for machines, exit code 1 where a check fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mdf.cli import main
from mdf.cli.commands.plugins_check import _can_write

BAD = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_schedules():
    return [Spec("short-of-steps", "short_plugin_class:Short", "Spends half of the steps.")]
"""
SHORT = """
from mdf.core.schedule import Phase, Schedule

class Short(Schedule):
    def phases(self, steps, tasks, size):
        return [Phase(max(1, steps // 2), tuple(tasks), size)]
"""


FAMILY = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_schedules():
    target = "family_plugin_class:Share"
    return [Spec("shares", target, "Spends one of N steps.", variant="N", representatives=("1", "2"))]
"""
HALVES = """
from mdf.core.schedule import Phase, Schedule

class Share(Schedule):
    def __init__(self, config, variant):
        super().__init__(config)
        self.share = int(variant)

    def phases(self, steps, tasks, size):
        return [Phase(max(1, steps // self.share), tuple(tasks), size)]
"""


WHOLE = """
from mdf.core.hooks import hookimpl
from mdf.core.schedule import Phase, Schedule
from mdf.core.spec import Spec

class Whole(Schedule):
    def phases(self, steps, tasks, size):
        return [Phase(steps, tuple(tasks), size)]

@hookimpl
def mdf_schedules():
    return [Spec("whole", "whole_schedule:Whole", "Spends all steps at once.")]
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def short_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A plugin with one bad schedule."""
    path = tmp_path / "short_plugin.py"
    path.write_text(BAD)
    (tmp_path / "short_plugin_class.py").write_text(SHORT)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("short_plugin", "short_plugin_class"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)
    return str(path)


def test_a_name_means_every_kind_that_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "joint"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("schedule joint (built in)\n  ✓ can be built\n")
    assert max(map(len, text.splitlines())) <= 80
    assert "passed" in text.splitlines()[-1]


def test_a_single_file_with_its_class_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "whole_schedule.py"
    path.write_text(WHOLE)
    code = main(["-p", str(path), "plugins", "check", "schedule", "whole"])
    text = capsys.readouterr().out
    assert code == 0
    assert "– registration imports no torch\n      one file holds the component and its line" in text


def test_a_failure_is_told_with_its_difference_and_exit_1(
    short_plugin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-p", short_plugin, "plugins", "check", "schedule", "short-of-steps"]) == 1
    text = capsys.readouterr().out
    assert "  ✗ phases spend every step\n      2 steps of 1 tasks: the phases last 1\n" in text


def test_json_holds_every_finding(short_plugin: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-p", short_plugin, "plugins", "check", "short-of-steps", "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["reference"]) == ("schedule", "short-of-steps")
    assert {finding["outcome"] for finding in told["checks"]} == {"passed", "failed"}


def test_options_are_those_of_the_component(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "loss", "l1", "--set", "no-such=1"]) == 1
    assert "loss `l1` has no option `loss.no-such`" in " ".join(capsys.readouterr().out.split())


def test_a_family_is_checked_by_its_representatives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "family_plugin.py").write_text(FAMILY)
    (tmp_path / "family_plugin_class.py").write_text(HALVES)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("family_plugin", "family_plugin_class"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)
    asked = ["-p", str(tmp_path / "family_plugin.py"), "plugins", "check"]
    assert main([*asked, "schedule", "family_plugin/shares", "--json"]) == 1
    told = {one["reference"]: one["checks"] for one in json.loads(capsys.readouterr().out)}
    assert list(told) == ["family_plugin/shares:1", "family_plugin/shares:2"]
    failed = {name: any(check["outcome"] == "failed" for check in checks) for name, checks in told.items()}
    assert failed == {"family_plugin/shares:1": False, "family_plugin/shares:2": True}
    assert main([*asked, "shares:1"]) == 0
    assert capsys.readouterr().out.startswith("schedule shares:1 (family_plugin)\n")


def test_a_family_without_its_variant_is_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "cdnet"]) == 0
    assert "needs its PATH after a colon: `cdnet:PATH`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "error", "hint"),
    [
        (["unnet"], "nothing is called `unnet`", "did you mean `unet`"),
        (["loss", "l11"], "no loss is called `l11`", "closest: l1"),
        (["los", "l1"], "`los` is not a kind of component", "did you mean `loss`?"),
        ([], "name one component, [KIND] NAME, or give --all", "`mdf plugins check --help`"),
        (["--all", "l1"], "name one component, [KIND] NAME, or give --all", "`mdf plugins check --help`"),
        (["--all", "--set", "a=1"], "--set is for one component", "`mdf plugins check --help`"),
        (["l1", "--set", "loss.a=1"], "`--set loss.a=1` names no option", "`--set width=32`"),
    ],
    ids=str,
)
def test_a_mistake_is_two_lines_and_exit_2(
    args: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugins", "check", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert error in lines[0]
    assert hint in lines[1]


def test_words_stand_for_ticks_where_these_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        encoding = "ascii"

    monkeypatch.setattr(sys, "stdout", Plain())
    assert not _can_write("✓")
    assert _can_write("ok")
