"""Thousands of frames of a camera with gaps, stalls and light switches, into a slow sink: does anything grow?"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from films import RATE, Film
from process import Sample, growth, sample
from watched import BrokenPromiseError, check_file, check_whole, expect, watched

WARM_UP = 0.25
"""Share of the run after which it is measured."""
MOST = 0.05
"""Share by which memory may grow."""


def steady(folder: Path, film: Film, frames: int) -> str:
    """Run until so many frames were computed; what was found. Raises BrokenPromiseError."""
    counter, events = folder / "counter", folder / "events.jsonl"
    options = ["--events", str(events), "--out", str(folder / "out.mp4"), "--out", "slow:sink"]
    troubles = ["counter=" + str(counter), "troubles=true", f"at={(film.end + 2 * RATE) / RATE}"]
    settings = ["stall=5s", *(f"source.{one}" for one in troubles)]
    options += [word for one in settings for word in ("--set", one)]
    samples: list[Sample] = []
    with watched(f"troubled:{film.path}", *options, folder=folder) as watching:
        watching.wait("first frame", counter.exists, 60)
        counts = np.memmap(counter, np.int64, "r", shape=(2,))
        began, seen, moved = time.monotonic(), 0, time.monotonic()
        while counts[0] < frames:
            watching.wait("frame", lambda: True, 1)
            samples.append(sample(watching.pid))
            time.sleep(1.0)
            if counts[0] > seen:
                seen, moved = int(counts[0]), time.monotonic()
            if time.monotonic() - moved > 60:
                raise BrokenPromiseError(f"no frame for 60 s after {seen}")
        took = time.monotonic() - began
        code = watching.stop()
        expect("exit code", code, 0)
        check_file(events, watching.events)
        check_whole(watching.events)
        visits, showings = watching.count("appeared", "begin"), int(counts[1])
        if visits not in (showings, showings + 1):  # the last showing broke off before or after its visit
            raise BrokenPromiseError(f"{visits} visits were told of {showings} showings")
        said = watching.said()
    passed = re.search(r"(\d+) passed over", said)
    slow = re.search(r"slow:sink\D*(\d+) frames", said)
    if passed is None or slow is None:
        raise BrokenPromiseError("the slow sink dropped nothing, or nothing was counted")
    switches, lost = watching.count("light changed", "begin"), watching.count("camera lost", "begin")
    return (
        f"{int(counts[0])} frames in {took / 60:.1f} min, {passed[1]} passed over; {visits} visits told of {showings} "
        f"showings, {switches} light switches, {lost} losses; the slow sink dropped {slow[1]} views; {grown(samples)}"
    )


def grown(samples: Sequence[Sample]) -> str:
    """How memory, files, threads and processes went on after the warm-up. Raises BrokenPromiseError where they grew."""
    later = list(samples[int(WARM_UP * len(samples)) :])
    held = [(one.time, one.memory + one.children) for one in later]
    share, first, last = growth(held), held[0][1], held[-1][1]
    told = f"memory {first:.0f} → {last:.0f} MiB ({share:+.1%})"
    for what in ("files", "threads", "processes"):
        start, end = (
            int(np.median([getattr(one, what) for one in part]))
            for part in (later[: len(later) // 4 + 1], later[-(len(later) // 4 + 1) :])
        )
        told += f", {what} {start} → {end}"
        if end > start:
            raise BrokenPromiseError(told)
    if share > MOST:
        raise BrokenPromiseError(told)
    return told
