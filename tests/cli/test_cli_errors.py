"""What ends a command: two lines, an exit code, and a traceback only for those who ask."""

from __future__ import annotations

import click
import pytest

from mdf.cli import main, mdf_group
from mdf.core.errors import ConfigError, DataError, MdfError, PluginError, UnknownNameError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `fail` that raises what the test asked for."""
    monkeypatch.setitem(mdf_group.commands, "fail", click.Command("fail", callback=_fail))


RAISED: list[BaseException] = []


def _fail() -> None:
    raise RAISED[-1]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (ConfigError("size = 3 is\ntoo small", "take 8"), 2, ["error: size = 3 is too small", "hint: take 8"]),
        (UnknownNameError("no", "yes"), 2, ["error: no", "hint: yes"]),
        (PluginError("broken", "mend"), 1, ["error: broken", "hint: mend"]),
        (DataError("no file"), 1, ["error: no file"]),
        (MdfError("odd"), 1, ["error: odd"]),
        (KeyboardInterrupt(), 130, ["interrupted"]),
        (click.ClickException("plain"), 1, ["error: plain"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_is_told_and_has_its_exit_code(
    error: BaseException, code: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    RAISED.append(error)
    assert main(["fail"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line for line in captured.err.splitlines() if line] == lines


@pytest.mark.usefixtures("failing")
def test_a_bug_of_ours_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    RAISED.append(ZeroDivisionError("x"))
    assert main(["fail"]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: mdf itself failed: ZeroDivisionError: x"
    assert "--debug" in hint


@pytest.mark.usefixtures("failing")
def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    RAISED.append(ConfigError("wrong", "right"))
    assert main(["--debug", "fail"]) == 2
    text = capsys.readouterr().err
    assert "Traceback (most recent call last)" in text
    assert text.rstrip().endswith("hint: right")
