"""Contenders of one race in turns: a busy moment falls on all alike, and each round gives a ratio of its own.

Used by the scripts of this folder; each prints a table and, with `--out`, writes all its numbers as JSON.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Line:
    """One contender's seconds a round, and how many times faster it is than the opponent.

    `ratio` is the median over rounds of (opponent's time / own time of the same round), `ratio_p10` the ratio of
    both 10th percentiles: what each can do when it is left alone. `reach` is what we aimed at; None for none.
    """

    name: str
    median_s: float
    p10_s: float
    ratio: float
    ratio_p10: float
    reach: float | None = None


def race(
    opponent: tuple[str, Work],
    contenders: Mapping[str, tuple[Work, float | None]],
    rounds: int,
    warm_up: int = 1,
    settle: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Line]:
    """Time every work once a round, in turns, after `warm_up` rounds that do not count.

    `settle` waits until the device is done and is called before each clock is read. A contender comes with the
    ratio to be reached. `time.process_time` as `clock` leaves out what other processes take.
    """
    works = {opponent[0]: opponent[1]} | {name: work for name, (work, _) in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(warm_up + rounds):
        for name, work in works.items():
            settle()
            started = clock()
            work()
            settle()
            if number >= warm_up:
                taken[name].append(clock() - started)
    reach = {name: goal for name, (_, goal) in contenders.items()}
    theirs = taken[opponent[0]]
    return [line(name, seconds, theirs, reach.get(name)) for name, seconds in taken.items()]


def each(lines: Sequence[Line], count: int) -> list[Line]:
    """The lines of rounds of `count` times the same work, as seconds of each."""
    return [replace(x, median_s=x.median_s / count, p10_s=x.p10_s / count) for x in lines]


def repeated(work: Work, count: int) -> Work:
    """The same work `count` times, as one."""

    def repeat() -> None:
        for _ in range(count):
            work()

    return repeat


def line(name: str, seconds: Sequence[float], theirs: Sequence[float], reach: float | None) -> Line:
    """The line of one contender from its seconds and the opponent's, round by round."""
    ratios = [other / own for own, other in zip(seconds, theirs, strict=True)]
    return Line(
        name,
        statistics.median(seconds),
        tenth(seconds),
        statistics.median(ratios),
        tenth(theirs) / tenth(seconds),
        reach,
    )


def tenth(values: Sequence[float]) -> float:
    """The 10th percentile."""
    return statistics.quantiles(values, n=10, method="inclusive")[0] if len(values) > 1 else values[0]


def table(title: str, lines: Sequence[Line]) -> str:
    """A race in Markdown."""
    head = "| | median ms | p10 ms | ratio, median | ratio, p10 | reach |"
    rows = [f"**{title}**", "", head, "|---|---:|---:|---:|---:|---:|"]
    for x in lines:
        goal = f"{x.reach:g}" if x.reach else ""
        rows.append(
            f"| {x.name} | {x.median_s * 1e3:.2f} | {x.p10_s * 1e3:.2f} | {x.ratio:.2f} | {x.ratio_p10:.2f} | {goal} |"
        )
    return "\n".join(rows) + "\n"


def machine() -> dict[str, Any]:
    """Where this ran."""
    import torch

    from mdf.core.config import validate
    from mdf.engine.runtime import resolve

    return {
        "processor": resolve(validate({})).stamp()["device_name"],
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "capabilities": sorted(k for k, v in torch.cpu.get_capabilities().items() if v is True),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load": os.getloadavg(),
    }


def tell(title: str, races: Mapping[str, Sequence[Line]], out: Path | None) -> None:
    """Print every race; write them with the machine where a file is asked for."""
    found = machine()
    print(f"## {title}\n\n{', '.join(f'{key} {value}' for key, value in found.items() if key != 'capabilities')}\n")
    for name, lines in races.items():
        print(table(name, lines))
    if out is not None:
        plain = {name: [asdict(x) for x in lines] for name, lines in races.items()}
        out.write_text(json.dumps({"title": title, "machine": found, "races": plain}, indent=1) + "\n")


class Apart:
    """A contender in a process of its own, with settings of its own: `script --contender …` calls `serve`."""

    def __init__(self, script: str, *arguments: str) -> None:
        command = [sys.executable, script, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> None:
        """Have its work done once."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise SystemExit(f"a contender ended: {' '.join(map(str, self.process.args))}")


def serve(work: Work) -> None:
    """Do `work` whenever the race asks for it, until the race is over."""
    for _ in sys.stdin:
        work()
        print("done", flush=True)


def in_fresh_process(script: str, *arguments: str) -> Any:
    """The JSON that a fresh Python prints in its last line: memory is measured where nothing else has been."""
    run = subprocess.run([sys.executable, script, *arguments], check=True, capture_output=True, text=True)
    return json.loads(run.stdout.strip().splitlines()[-1])
