"""A study of many trials on many GPUs, on paper: what the driver does is measured, and the rest is simulated.

`python scale.py` measures what this machine's driver takes for a trial and for a message: it runs the real loop of a
study against agents that only pretend to train. Then it simulates a study on a cluster with these numbers.
"""

from __future__ import annotations

import argparse
import heapq
import json
import pickle
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdf.core.config import validate
from mdf.core.progress import Epoch, Step
from mdf.core.shared.place import SharedFile
from mdf.core.shared.pointer import point_to
from mdf.study.cell import Cell
from mdf.study.prepare import StudyTrial
from mdf.study.run import run_trials
from mdf.study.trial.outcome import TrialOutcome
from mdf.workers.child import Done
from mdf.workers.cluster.agent import SENDING
from mdf.workers.cluster.messages import Ended, FilePiece, Pace
from mdf.workers.cluster.remote import RemoteJob

MIB = 2**20
PACE = Pace(0.2, 200)


@dataclass(frozen=True, slots=True)
class Plan:
    """A study and its cluster.

    Attributes:
        trials, gpus: how many.
        seconds: median time of a trial; `spread`: of its logarithm.
        epochs: validations of a trial; each sends a checkpoint, unless sending them takes too long.
        files, checkpoint: bytes that a trial sends at its end, and after an epoch.
        shared: whether large files go to a shared place: the driver then gets `small` bytes, and where they are.
        network: bytes per second that reach the driver.
        start: seconds until a process is ready, if its agent has done a trial before; `first_start` if not.
        survey: seconds that a cell takes before anything trains.
        tells: seconds between two answers of an agent.
    """

    trials: int = 10_000
    gpus: int = 200
    seconds: float = 1200.0
    spread: float = 0.5
    epochs: int = 4
    files: float = 25 * MIB
    checkpoint: float = 75 * MIB
    shared: bool = False
    small: float = MIB
    network: float = 1e9
    start: float = 1.0
    first_start: float = 15.0
    survey: float = 0.018
    tells: float = 2.0


@dataclass(frozen=True, slots=True)
class Driver:
    """Seconds of the driver's time: for a trial (begun, committed), a message, a MiB of a file, and a note of where a
    shared file is."""

    trial: float
    message: float
    mib: float
    note: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a simulated study went.

    Attributes:
        hours: from the command to its last trial; `ideal_hours` if GPUs never waited.
        first_row: seconds until the first result.
        gpus_busy, driver_busy, network_busy: shares of the time.
        longest_wait: seconds that a GPU waited for the driver at most.
    """

    hours: float
    ideal_hours: float
    first_row: float
    gpus_busy: float
    driver_busy: float
    network_busy: float
    longest_wait: float


class Agent:
    """Answers at once, as if everything had been computed. It stands where Ray and an agent would."""

    class exceptions:  # noqa: N801 - Ray's own name
        class RayError(Exception):
            """Never raised."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.answers, self.listen = iter(answers), self

    def remote(self, pace: Pace) -> str:  # noqa: ARG002
        return "reference"

    def wait(self, references: Sequence[str], timeout: float) -> tuple[Sequence[str], list[str]]:  # noqa: ARG002
        return references, []

    def get(self, _: str) -> Any:
        return pickle.loads(next(self.answers))


class Pretend:
    """An executor whose trials end as soon as they are listened to."""

    is_remote, tries, shared = True, 1, None

    def __init__(self, slots: int, answers: Sequence[bytes]) -> None:
        self.slots, self.answers = slots, answers
        self.running = 0

    def has_room(self, needs: object) -> bool:  # noqa: ARG002
        return self.running < self.slots

    def start(self, job: object, request: Any, needs: object, folder: Path, log: Path) -> RemoteJob:  # noqa: ARG002
        self.running += 1
        pickle.dumps(request)
        agent = Agent(self.answers)
        return RemoteJob(agent, agent, "reference", "", folder, log, lambda: PACE, self._closed)

    def wait(self, jobs: Sequence[Any], longest: float) -> None:
        """There is always something."""

    def _closed(self, end: object) -> None:  # noqa: ARG002
        self.running -= 1


class Quiet:
    """An observer that does nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def measure(
    trials: int, slots: int, messages: int, size: int, folder: Path, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The driver's seconds for `trials` trials, each with so many messages and one file of `size` bytes."""
    config = validate({"size": 64, "device": "cpu", "threads": 1, "train": {"steps": 600}})
    cell = Cell(config, "f", "scene", ("mask",), {"device": "cpu"}, {}, "c", "k", ("cpu",), 1)
    listed = [StudyTrial(f"{i:012x}", f"trial {i}", cell, folder / "study" / f"{i:012x}") for i in range(trials)]
    step, epoch = Step(10, 600, {"mask": 0.5, "depth": 1.0}), Epoch(1, 150, {"mask": 0.5}, {"mask/iou": 0.5}, 0.5, True)
    outcome = TrialOutcome({"mask/iou": 0.5}, {"train_seconds": 1.0}, 600, [])
    told: list[list[Any]] = [[step, epoch] for _ in range(messages)]
    pieces = [FilePiece("weights.safetensors", bytes(size), last=True)] if size else []
    answers = [pickle.dumps(each) for each in [None, *told, [*pieces, Ended(Done(outcome))]]]
    executor: Any = Pretend(slots, answers)
    began = clock()
    run_trials(listed, [], Quiet(), executor)  # type: ignore[arg-type]
    return clock() - began


def measured_driver(trials: int, slots: int) -> Driver:
    """What this machine's driver takes: its processor for messages, its processor and disk for the rest."""
    few = trials // 10
    with TemporaryDirectory() as place:
        plain = measure(trials, slots, 0, 0, Path(place) / "plain") / trials
        silent, talking = (
            measure(few, slots, messages, 0, Path(place) / f"{messages} messages", time.process_time) / few
            for messages in (0, 500)
        )
        sending = measure(few, slots, 0, 8 * MIB, Path(place) / "sending") / few
        began = time.perf_counter()
        for number in range(few):
            point_to(
                SharedFile("s3://bucket/mdf/trials/x/weights.safetensors", 8 * MIB, "0" * 64), Path(place) / str(number)
            )
        note = (time.perf_counter() - began) / few
    return Driver(plain, (talking - silent) / 500, max(0.0, sending - plain) / 8, note)


def simulate(plan: Plan, driver: Driver, seed: int = 0) -> Outcome:
    """The study, event by event: the driver does one thing at a time, and a GPU waits for it between two trials."""
    draw = random.Random(seed)
    times = [plan.seconds * draw.lognormvariate(0, plan.spread) for _ in range(plan.trials)]
    mean = sum(times) / plan.trials
    through = 0.0 if plan.shared else plan.checkpoint
    one = driver.note if plan.shared else through / plan.network + driver.mib * through / MIB
    checkpoints = plan.epochs if plan.shared else min(plan.epochs, SENDING * mean / plan.gpus / one)
    talk = (
        driver.message * mean / plan.tells + (driver.note if plan.shared else driver.mib * through / MIB) * checkpoints
    )
    files = plan.small if plan.shared else plan.files
    at_end = driver.trial + driver.mib * files / MIB + (driver.note if plan.shared else 0.0)
    beside = min(0.9, talk * plan.gpus / mean)  # the share of the driver that running trials take
    work = at_end / (1 - beside)
    began = free_at = plan.survey * plan.trials
    wait, first, end = 0.0, 0.0, 0.0
    ready = [(free_at, gpu, True) for gpu in range(plan.gpus)]
    heapq.heapify(ready)
    for seconds in times:
        asks, gpu, is_first = heapq.heappop(ready)
        free_at = max(free_at, asks) + (driver.trial if is_first else work)
        transfer = 0.0 if is_first else plan.files / plan.network  # of a node, too, with a shared place
        starts = free_at + transfer + (plan.first_start if is_first else plan.start)
        wait = max(wait, starts - asks)
        ends = starts + seconds
        first = min(first or ends, ends)
        end = max(end, ends)
        heapq.heappush(ready, (ends, gpu, False))
    span = end - began
    busy = plan.trials * (at_end + talk)
    sent = plan.trials * (files + through * checkpoints)
    ideal = sum(times) / plan.gpus
    return Outcome(
        hours=end / 3600,
        ideal_hours=ideal / 3600,
        first_row=first,
        gpus_busy=ideal / span,
        driver_busy=busy / span,
        network_busy=sent / plan.network / span,
        longest_wait=wait,
    )


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measured", type=int, default=2000, help="trials to measure the driver with")
    parser.add_argument("--out", help="file for the numbers as JSON")
    asked = parser.parse_args()
    driver = measured_driver(asked.measured, 200)
    print(
        f"driver: {driver.trial * 1e3:.2f} ms a trial, {driver.message * 1e6:.0f} µs a message, "
        f"{driver.mib * 1e3:.2f} ms a MiB, {driver.note * 1e3:.2f} ms a note of a shared file"
    )
    base = Plan()
    plans = {
        "as measured": base,
        "1 Gbit/s to the driver": replace(base, network=1.25e8),
        "trials of 1 minute": replace(base, seconds=60.0),
        "large networks (250 MiB)": replace(base, files=250 * MIB, checkpoint=750 * MIB),
        "large, 1 Gbit/s": replace(base, files=250 * MIB, checkpoint=750 * MIB, network=1.25e8),
        "2,000 GPUs": replace(base, gpus=2000),
        "trials of 1 minute, shared": replace(base, seconds=60.0, shared=True),
        "large, 1 Gbit/s, shared": replace(base, files=250 * MIB, checkpoint=750 * MIB, network=1.25e8, shared=True),
        "2,000 GPUs, shared": replace(base, gpus=2000, shared=True),
    }
    rows = {name: simulate(plan, driver) for name, plan in plans.items()}
    print(f"{'':26} {'hours':>6} {'ideal':>6} {'first row':>9} {'GPUs':>5} {'driver':>6} {'network':>7} {'wait':>6}")
    for name, row in rows.items():
        print(
            f"{name:26} {row.hours:6.1f} {row.ideal_hours:6.1f} {row.first_row:8.0f}s {row.gpus_busy:5.0%} "
            f"{row.driver_busy:6.1%} {row.network_busy:7.0%} {row.longest_wait:5.1f}s"
        )
    if asked.out:
        told = {"driver": asdict(driver), "studies": {name: asdict(row) for name, row in rows.items()}}
        Path(asked.out).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
