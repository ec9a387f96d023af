"""What a camera's server, its reader, a broker and a hook do to `mdf watch` when they are killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from films import Film
from process import Sample, grown, sample, settled
from servers import Server, rtsp_server
from watched import BrokenPromiseError, Watched, check_file, check_whole, expect, watched

QUICK = ["--set", "source.timeout=3", "--set", "stall=4s"]


def stream_kills(folder: Path, film: Film, kills: int) -> str:
    """Kill the RTSP server at random moments of a visit."""

    def kill(server: Server, watching: Watched) -> None:
        server.kill()
        watching.wait_for("camera lost", "begin", watching.count("camera lost", "begin") + 1)
        server.start()

    return _kills(folder, film, kills, kill)


def reader_kills(folder: Path, film: Film, kills: int) -> str:
    """Kill the process that reads the stream at random moments of a visit."""

    def kill(_: Server, watching: Watched) -> None:
        lost = watching.count("camera lost", "begin")
        for pid in watching.readers:
            os.kill(pid, signal.SIGKILL)
        watching.wait_for("camera lost", "begin", lost + 1)

    return _kills(folder, film, kills, kill)


def _kills(folder: Path, film: Film, kills: int, kill: Callable[[Server, Watched], None]) -> str:
    """Kill during each of `kills` visits. Each start of the film shows one visit: so many have to be told, and one."""
    rng = Random(kills)
    before: Sample | None = None
    waits = []
    with rtsp_server(film.path) as server:
        options = ["--events", str(folder / "events.jsonl"), *QUICK]
        with watched(f"rtsp://127.0.0.1:{server.port}/stream", *options, folder=folder) as watching:
            for number in range(kills + 1):
                watching.wait_for("appeared", "begin", number + 1)
                before = before or sample(watching.pid)
                if number == kills:
                    break
                time.sleep(rng.uniform(0.0, 1.5))
                killed = time.monotonic()
                kill(server, watching)
                watching.wait_for("camera lost", "end", number + 1)
                waits.append(time.monotonic() - killed)
            watching.wait_for("appeared", "end", kills + 1)
            assert before is not None
            after = settled(watching.pid, before)
            expect("exit code", watching.stop(), 0)
            check_whole(watching.events)
            check_file(folder / "events.jsonl", watching.events)
            expect("visits told", watching.count("appeared", "begin"), kills + 1)
            expect("losses told", watching.count("camera lost", "begin"), kills)
    if more := grown(before, after):
        raise BrokenPromiseError(f"it holds more {', '.join(more)} than before: {before} → {after}")
    return (
        f"{kills} kills: {kills + 1} of {kills + 1} visits told once, frames again after {max(waits):.1f} s at most; "
        f"files {before.files} → {after.files}, threads {before.threads} → {after.threads}"
    )
