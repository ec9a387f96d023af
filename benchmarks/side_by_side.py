"""Times contenders in turns, so that a busy moment of the machine affects all, and each round gives its own ratio.

The scripts in this folder use it; each prints a table and, with `--out`, writes all numbers as JSON.
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
    """One contender's times, and how many times faster it is than the opponent.

    Attributes:
        median_s, p10_s: median and 10th percentile of its seconds per round.
        ratio: the median over rounds of (opponent's time / own time in the same round).
        ratio_p10: the ratio of both 10th percentiles: how they compare when nothing disturbs them.
        target: the ratio that we aim at; None if there is none.
    """

    name: str
    median_s: float
    p10_s: float
    ratio: float
    ratio_p10: float
    target: float | None = None


def race(
    opponent: tuple[str, Work],
    contenders: Mapping[str, tuple[Work, float | None]],
    rounds: int,
    warm_up: int = 1,
    settle: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Line]:
    """Time every work once per round, in turns, after `warm_up` rounds that do not count.

    `settle` waits until the device is done; it is called before each reading of the clock. `contenders` holds for each
    name its work and its target ratio. `time.process_time` as `clock` leaves out what other processes take.
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
    targets = {name: target for name, (_, target) in contenders.items()}
    theirs = taken[opponent[0]]
    return [line(name, seconds, theirs, targets.get(name)) for name, seconds in taken.items()]


def each(lines: Sequence[Line], count: int) -> list[Line]:
    """The lines of rounds that do the same work `count` times, as seconds per work."""
    return [replace(x, median_s=x.median_s / count, p10_s=x.p10_s / count) for x in lines]


def repeated(work: Work, count: int) -> Work:
    """A work that does `work` `count` times."""

    def repeat() -> None:
        for _ in range(count):
            work()

    return repeat


def line(name: str, seconds: Sequence[float], theirs: Sequence[float], target: float | None) -> Line:
    """One contender's line, from its seconds and the opponent's, round by round."""
    ratios = [other / own for own, other in zip(seconds, theirs, strict=True)]
    return Line(
        name,
        statistics.median(seconds),
        tenth(seconds),
        statistics.median(ratios),
        tenth(theirs) / tenth(seconds),
        target,
    )


def tenth(values: Sequence[float]) -> float:
    """The 10th percentile."""
    return statistics.quantiles(values, n=10, method="inclusive")[0] if len(values) > 1 else values[0]


def table(title: str, lines: Sequence[Line]) -> str:
    """A race in Markdown."""
    head = "| | median ms | p10 ms | ratio, median | ratio, p10 | target |"
    rows = [f"**{title}**", "", head, "|---|---:|---:|---:|---:|---:|"]
    for x in lines:
        target = f"{x.target:g}" if x.target else ""
        times = f"{x.median_s * 1e3:.2f} | {x.p10_s * 1e3:.2f}"
        rows.append(f"| {x.name} | {times} | {x.ratio:.2f} | {x.ratio_p10:.2f} | {target} |")
    return "\n".join(rows) + "\n"


def machine() -> dict[str, Any]:
    """The machine and the versions that this runs on."""
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


def print_races(title: str, races: Mapping[str, Sequence[Line]], out: Path | None) -> None:
    """Print every race; with `out` also write all races and the machine."""
    computer = machine()
    facts = ", ".join(f"{key} {value}" for key, value in computer.items() if key != "capabilities")
    print(f"## {title}\n\n{facts}\n")
    for name, lines in races.items():
        print(table(name, lines))
    if out is not None:
        plain = {name: [asdict(x) for x in lines] for name, lines in races.items()}
        out.write_text(json.dumps({"title": title, "machine": computer, "races": plain}, indent=1) + "\n")


class OwnProcess:
    """A contender in its own process, with its own settings: `script --contender …` must call `serve`."""

    def __init__(self, script: str, *arguments: str) -> None:
        command = [sys.executable, script, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> None:
        """Let the process do its work once."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise SystemExit(f"a contender ended early: {' '.join(map(str, self.process.args))}")


def serve(work: Work) -> None:
    """Do `work` on every request of the race, until the race is over."""
    for _ in sys.stdin:
        work()
        print("done", flush=True)


def in_fresh_process(script: str, *arguments: str) -> Any:
    """The JSON in the last line that a new Python process prints; a process that did nothing else measures memory."""
    run = subprocess.run([sys.executable, script, *arguments], check=True, capture_output=True, text=True)
    return json.loads(run.stdout.strip().splitlines()[-1])
