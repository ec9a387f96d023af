"""What a running process holds, read from /proc."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """What a process and its children hold at a moment.

    Attributes:
        time: seconds on the monotonic clock.
        memory: MiB of memory that are resident and no file's, of the process itself. children: of its children.
        files, threads: open files and threads of the process itself.
        processes: its children.
    """

    time: float
    memory: float
    children: float
    files: int
    threads: int
    processes: int


def sample(pid: int) -> Sample:
    """Measure a process."""
    below = children(pid)
    return Sample(
        time.monotonic(),
        _memory(pid),
        sum(_memory(child) for child in below),
        len(os.listdir(f"/proc/{pid}/fd")),
        len(os.listdir(f"/proc/{pid}/task")),
        len(below),
    )


def settled(pid: int, before: Sample, more_files: int = 0) -> Sample:
    """A sample that holds no more than `before`; after ten seconds any. What passes by itself is no leak."""
    until = time.monotonic() + 10.0
    while grown(before, now := sample(pid), more_files) and time.monotonic() < until:
        time.sleep(0.5)
    return now


def grown(before: Sample, after: Sample, more_files: int = 0) -> list[str]:
    """What there is more of: `files` (but for `more_files`), `threads`, `processes`."""
    allowed = {"files": before.files + more_files, "threads": before.threads, "processes": before.processes}
    return [name for name, most in allowed.items() if getattr(after, name) > most]


def children(pid: int) -> list[int]:
    """The children of all of a process's threads."""
    return [int(one) for file in Path(f"/proc/{pid}/task").glob("*/children") for one in file.read_text().split()]


def command_line(pid: int) -> str:
    """Its arguments; "" once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def growth(samples: list[tuple[float, float]]) -> float:
    """By what share a quantity grows from the first to the last of (time, value): Theil and Sen's slope, the median of
    the slopes of all pairs, which single peaks do not move."""
    thinned = samples[:: max(1, len(samples) // 300)]
    slope = median((y1 - y0) / (t1 - t0) for (t0, y0), (t1, y1) in combinations(thinned, 2))
    return slope * (thinned[-1][0] - thinned[0][0]) / median(value for _, value in thinned)


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has just ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024 / MIB
