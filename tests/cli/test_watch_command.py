"""`mdf watch` on the command line: mistakes are one line and exit code 2, and its help names the sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from trained_run import runs, trained  # noqa: F401

from mdf.cli import main
from mdf.cli.commands.watch import line_of
from mdf.core.event import Event, TrackedObject


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["latest"], "there is nothing to watch"),
        (["latest", "a.mp4", "--zone", "0.1,0.2,0.3,0.4"], "is not NAME=SHAPE"),
        (["latest", "a.mp4", "--absorb", "soon"], "absorb"),
        (["latest", "a.mp4", "--smallest", "2"], "smallest"),
        (["latest", "a.mp4", "--set", "no.such.key=1"], "names no key"),
        (["latest", "a.mp4", "--set", "zonse=1"], "zonse"),
        (["latest", "a.mp4", "--events", "events.txt"], "no sink takes `events.txt`"),
        (["latest", "rtps://admin:secret@camera/a"], "no source takes `rtps://camera/a`"),
        (["--config", "no-such.toml"], "there is no file no-such.toml"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert said in lines[0]
    assert "secret" not in "".join(lines)


def test_a_missing_file_is_a_failure(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert main(["watch", str(trained), "nothing-here.mp4"]) == 1
    assert "There is no video nothing-here.mp4" in capsys.readouterr().err


def test_an_event_is_one_line_for_people() -> None:
    one = TrackedObject(3, (0.1, 0.1, 0.2, 0.5), 0.1, depth=4.2, depth_unit="m", speed=1.25, speed_unit="m/s")
    event = Event("yard-1-000001", 0, "begin", "in zone", "yard", 12.5, 0.0, object=one, zone="door")
    line = " ".join(line_of(event).split())
    assert line == "12.50 s yard in zone door begin object 3 4.20 m 1.25 m/s"
