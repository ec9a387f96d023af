"""A broker and a web hook that are killed while events are told to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from films import Film
from process import grown, sample, settled
from servers import Server, broker, hook, subscriber
from watched import BrokenPromiseError, check_file, check_whole, expect, lines_of, watched

PUBLISHED = "mdf/+/events"


def broker_kills(folder: Path, film: Film, kills: int) -> str:
    """Kill mosquitto again and again; its own client says what arrived."""
    received = folder / "received.jsonl"
    with broker(folder) as server, subscriber(server.port, PUBLISHED, received):
        return _kills(folder, film, kills, server, f"mqtt://127.0.0.1:{server.port}/mdf", received)


def hook_kills(folder: Path, film: Film, kills: int) -> str:
    """Kill a web hook again and again."""
    received = folder / "received.jsonl"
    received.touch()
    with hook(received) as server:
        return _kills(folder, film, kills, server, f"http://127.0.0.1:{server.port}/events", received)


def _kills(folder: Path, film: Film, kills: int, server: Server, target: str, received: Path) -> str:
    """Each time a phase of an event is told while it is down, and it comes back at a random moment after it."""
    rng = Random(kills)
    kept = folder / "events.jsonl"
    options = ["--events", target, "--events", str(kept), "--set", f"source.counter={folder / 'counter'}"]
    with watched(f"troubled:{film.path}", *options, folder=folder) as watching:
        watching.wait_for("appeared", "begin", 1)
        watching.wait("first event there", lambda: bool(_keys(received)), 600)
        before = sample(watching.pid)
        for _ in range(kills):
            told = len(watching.events)
            server.kill()
            watching.wait("event", _more_than(watching.events, told), 600)
            time.sleep(rng.uniform(0.0, 3.0))
            server.start()
            everything = len(watching.events)
            watching.wait("delivery of what was told", lambda wanted=everything: _arrived(received) >= wanted, 600)
        after = settled(watching.pid, before, more_files=1)
        expect("exit code", watching.stop(), 0)
    check_whole(watching.events)
    check_file(kept, watching.events)
    time.sleep(2.0)  # the broker hands over what it took last
    keys = _keys(received)
    expect("events that did not arrive", {(one["id"], one["sequence"]) for one in watching.events} - set(keys), set())
    if more := grown(before, after, more_files=1):  # a connection that is just made
        raise BrokenPromiseError(f"it holds more {', '.join(more)} than before: {before} → {after}")
    return (
        f"{kills} kills: all {len(watching.events)} phases of events arrived, {len(keys) - len(set(keys))} of them "
        f"twice; files {before.files} → {after.files}, threads {before.threads} → {after.threads}"
    )


def _more_than(events: list[dict[str, object]], count: int) -> Callable[[], bool]:
    return lambda: len(events) > count


def _keys(received: Path) -> list[tuple[str, int]]:
    return [(one["id"], one["sequence"]) for one in lines_of(received)]


def _arrived(received: Path) -> int:
    return len(set(_keys(received)))
