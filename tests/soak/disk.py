"""A disk that fills while `mdf watch` writes to it, and is emptied."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
from films import Film
from servers import MissingProgramError
from watched import BrokenPromiseError, check_file, check_whole, expect, lines_of, watched

SIZE = "6m"


def full_disk(folder: Path, film: Film, visits: int) -> str:
    """Fill the disk after a visit, empty it some visits later, and look what is on it after one more."""
    with small_disk(folder / "disk") as disk:
        events, video, filler = disk / "events.jsonl", disk / "out.mp4", disk / "filler"
        options = ["--events", str(events), "--out", str(video), "--set", f"source.counter={folder / 'counter'}"]
        with watched(f"troubled:{film.path}", *options, folder=folder) as watching:
            watching.wait_for("appeared", "end", 1)
            watching.wait("video that plays", lambda: played(video) > 0, 600)
            fill(filler)
            frames = played(video)
            before = len(lines_of(events))
            watching.wait_for("appeared", "end", 1 + visits)
            missing = len(watching.events) - len(lines_of(events))
            filler.unlink()
            watching.wait_for("appeared", "end", 2 + visits)
            expect("exit code", watching.stop(), 0)
            check_whole(watching.events)
            check_file(events, watching.events)
        if not missing or played(video) < frames:
            raise BrokenPromiseError(f"{missing} lines waited; {frames} frames of the video became {played(video)}")
    return (
        f"full for {visits} visits: watching went on, {missing} lines waited and were written in order after the "
        f"{before} before; the video's {frames} frames from before play"
    )


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of a few megabytes. Raises MissingProgramError where none can be mounted."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingProgramError(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        for size in (2**16, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def played(path: Path) -> int:
    """How many frames of a video play, the last of which may be half written."""
    frames = 0
    with suppress(av.FFmpegError), av.open(str(path)) as container:
        for _ in container.decode(video=0):
            frames += 1
    return frames
