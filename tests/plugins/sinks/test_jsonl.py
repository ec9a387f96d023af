"""Events as JSON Lines: each phase once, whatever crashed before."""

from __future__ import annotations

import errno
import json
import os
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from mdf.core.errors import StorageError
from mdf.core.event import Event, TrackedObject
from mdf.plugins.sinks.jsonl import JsonLines

ONE = TrackedObject(1, (0.1, 0.2, 0.3, 0.9), 0.1, depth=float("nan"))


def event(number: int, sequence: int = 0, phase: str = "begin", run: str = "a", camera: str = "yard") -> Event:
    return Event(f"{camera}-{run}-{number:06d}", sequence, phase, "appeared", camera, 1.0, 2.0, object=ONE)  # type: ignore[arg-type]


def write(path: Path, *events: Event, close: bool = True) -> list[tuple[str, int, str]]:
    sink = JsonLines(JsonLines.Config(), str(path))
    for one in events:
        sink.event(one)
    if close:
        sink.close()
    else:
        sink._file.close()  # as a crash would
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["id"], line["sequence"], line["reason"]) for line in lines]


def test_no_phase_is_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "events.jsonl"
    both = event(1), replace(event(1), sequence=1, phase="end", reason="left")
    assert write(path, *both, *both) == [("yard-a-000001", 0, ""), ("yard-a-000001", 1, "left")]
    assert len(write(path, *both)) == 2


def test_what_a_crash_left_open_ends_when_its_camera_tells_of_a_new_run(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, event(1), event(1, camera="door"), close=False)
    with path.open("a") as file:
        file.write('{"id": "yard-a-0000')
    again = JsonLines(JsonLines.Config(), str(path))
    again.event(event(1, run="b"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    told = [(line["id"], line["phase"], line["reason"]) for line in lines]
    assert told == [
        ("yard-a-000001", "begin", ""),
        ("door-a-000001", "begin", ""),
        ("yard-a-000001", "end", "interrupted"),
        ("yard-b-000001", "begin", ""),
    ]
    again.close()
    last = json.loads(path.read_text().splitlines()[-1])
    assert (last["id"], last["reason"]) == ("door-a-000001", "interrupted")


def test_every_line_is_json_for_machines(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    write(path, replace(event(1), camera='"übel"\n', details={"health": float("inf")}))
    line = json.loads(path.read_text())
    assert line["object"]["depth"] is None
    assert line["details"]["health"] is None
    assert line["clock"].startswith("1970-01-01T00:00:02.000")


def test_a_full_disk_is_one_clear_error_and_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = JsonLines(JsonLines.Config(), str(tmp_path / "e.jsonl"))
    sink.event(event(1))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"cannot write .*e.jsonl: No space left on device"):
        sink.event(event(2))
    sink.close()
    assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 1


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        JsonLines(JsonLines.Config(), str(tmp_path / "file" / "e.jsonl"))


def test_a_line_that_a_full_disk_cut_is_written_whole_when_it_is_given_again(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JsonLines(JsonLines.Config(), str(path))
    sink.event(event(1))
    size, limits = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    try:
        for _ in range(2):
            with pytest.raises(StorageError, match="cannot write"):
                sink.event(event(2))
        assert path.stat().st_size == size
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    sink.event(event(2))
    sink.close()
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["yard-a-000001", "yard-a-000002"]


def test_a_full_file_is_put_aside_and_events_over_two_files_are_still_known(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    config = JsonLines.Config(megabytes=0.002, files=3)  # room for three lines
    sink = JsonLines(config, str(path))
    for number in range(14):
        sink.event(event(number))
    sink._file.close()  # as a crash would
    kept = [f"events{middle}.jsonl" for middle in (".3", ".2", ".1", "")]
    ids = [json.loads(line)["id"] for name in kept for line in (tmp_path / name).read_text().splitlines()]
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(kept)
    assert ids == [event(number).id for number in range(14 - len(ids), 14)]
    assert all((tmp_path / name).stat().st_size <= 2000 for name in kept)
    before = path.read_text()
    again = JsonLines(config, str(path))
    for number in (12, 13):
        again.event(event(number))
    again._file.close()
    assert path.read_text() == before
