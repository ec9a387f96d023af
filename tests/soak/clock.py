"""The wall clock is set back by an hour, as `soak_plugin.py` shows it to `mdf watch`."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from films import Film
from watched import BrokenPromiseError, check_file, check_whole, expect, watched

HOUR = 3600.0


def clock_set_back(folder: Path, film: Film, visits: int) -> str:
    """Set it back during a visit; each further visit has to be told as before."""
    offset = folder / "offset"
    offset.write_text("0")
    events = folder / "events.jsonl"
    options = ["--events", str(events), "--set", f"source.counter={folder / 'counter'}"]
    with watched(f"troubled:{film.path}", *options, folder=folder, env={"MDF_SOAK_CLOCK": str(offset)}) as watching:
        watching.wait_for("appeared", "begin", 2)
        set_to(offset, -HOUR)
        watching.wait_for("appeared", "end", 2 + visits)
        expect("exit code", watching.stop(), 0)
    told = watching.events
    check_whole(told)
    check_file(events, told)
    steps = [later["wall"] - earlier["wall"] for earlier, later in pairwise(told)]
    if not -HOUR - 60 < min(steps) < -HOUR + 60:
        raise BrokenPromiseError(f"the clock was not set back: {min(steps):.0f} s")
    lengths = [one["details"]["seconds"] for one in told if one["phase"] == "end"]
    if min(lengths) <= 0 or max(lengths) > HOUR / 2:
        raise BrokenPromiseError(f"visits of {min(lengths)} to {max(lengths)} s")
    return (
        f"set back during a visit: {watching.count('appeared', 'begin')} visits of {min(lengths):.1f} to "
        f"{max(lengths):.1f} s told once each, their time goes on, their wall clock says what the machine's says"
    )


def set_to(offset: Path, seconds: float) -> None:
    """Set the clock; nobody reads half of a number."""
    new = offset.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(offset)
