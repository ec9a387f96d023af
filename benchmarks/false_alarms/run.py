"""Events that should not be: MOG2 with contours beside `mdf watch`, on films in which it is known who is there.

    python benchmarks/false_alarms/run.py [--rooms 3] [--only rain] [--size 144x192] [--out false-alarms.json]

Rendered rooms under rain, leaves, night, switched lights and shadows, and a real clip. An event is right if it begins
while a visit lasts, where the visitor is; the first one of each visit counts, and every other one should not be.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from footage import Footage, Visit, all_footage
from judges import Told, judges

from mdf.inference.live.network.network import LiveNetwork
from mdf.inference.session import load

LATE = 0.6
"""Seconds after a visit in which its event may still begin."""


@dataclass
class Score:
    """What was told of the films of one condition."""

    seconds: float = 0.0
    visits: int = 0
    missed: int = 0
    wrong: int = 0

    def add(self, footage: Footage, told: Sequence[Told]) -> None:
        """Count what was told of a film."""
        right = set()
        for visit in footage.visits:
            first = next((n for n, one in enumerate(told) if n not in right and _is_of(one, visit)), None)
            if first is not None:
                right.add(first)
        self.seconds += footage.seconds
        self.visits += len(footage.visits)
        self.missed += len(footage.visits) - len(right)
        self.wrong += len(told) - len(right)

    @property
    def hourly(self) -> float:
        """Events an hour that should not be."""
        return 3600 * self.wrong / self.seconds


def _is_of(told: Told, visit: Visit) -> bool:
    if not visit.begin <= told.time <= visit.end + LATE:
        return False
    if visit.boxes is None or told.box == (0.0, 0.0, 1.0, 1.0):
        return True
    boxes = [box for number, box in visit.boxes.items() if abs(number - told.number) <= 5]
    return any(_overlap(box, told.box) > 0.3 for box in boxes)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """What two boxes share, as a part of the smaller one."""
    across, along = (max(0.0, min(one[k + 2], other[k + 2]) - max(one[k], other[k])) for k in (0, 1))
    return across * along / min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    parser.add_argument("--rooms", type=int, default=3)
    parser.add_argument("--only", action="append", help="a condition; repeatable")
    parser.add_argument("--model", default="mdf-small")
    parser.add_argument("--size", default="144x192", help="of the network's images")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print each event")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = LiveNetwork(load(options.model, size=options.size, threads=1))
    scores: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    for footage in all_footage(options.data, options.rooms, options.only):
        watch(footage, network, scores[footage.name], options.verbose)
    print_table(scores)
    if options.out:
        plain = {name: {column: vars(score) for column, score in row.items()} for name, row in scores.items()}
        options.out.write_text(json.dumps(plain, indent=1) + "\n")


def watch(footage: Footage, network: LiveNetwork, scores: dict[str, Score], verbose: bool) -> None:
    """Show a film to all judges."""
    all_judges = None
    for number, frame in enumerate(footage.frames()):
        if all_judges is None:
            all_judges = judges(network, frame.shape[1] / frame.shape[0], footage.zone, footage.background)
        for judge in all_judges:
            judge.step(number, number / footage.rate, frame)
    for judge in all_judges or []:
        for column, told in judge.told.items():
            scores[column].add(footage, told)
            if verbose:
                visits = [(one.begin, one.end) for one in footage.visits]
                print(
                    footage.name,
                    column,
                    visits,
                    [(one.time, [round(x, 2) for x in one.box]) for one in told],
                    flush=True,
                )


def print_table(scores: dict[str, dict[str, Score]]) -> None:
    """Wrong events an hour (and visits missed)."""
    columns = list(next(iter(scores.values())))
    print("| condition | minutes | visits |", " | ".join(columns), "|")
    for name, row in scores.items():
        one = row[columns[0]]
        cells = [f"{row[c].hourly:.0f} ({row[c].missed})" for c in columns]
        print(f"| {name} | {one.seconds / 60:.1f} | {one.visits} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
