"""A training step and its memory, beside SMP's Unet on ResNet-18 as its documentation trains it.

python benchmarks/training.py [--size 224] [--batch 8] [--rounds 5] [--out training.json]

A step is forward, loss, backward and optimiser. Ours starts from uint8 images (normalising is inside) and clips the
gradient; the opponent gets prepared float images. Each contender has a process of its own, and 3 steps a turn. Memory:
what a network and two of its steps add to the resident peak of a fresh process that has imported everything and built
its batch.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from networks import NETWORKS, OPPONENT, SAME, ours, training_step
from side_by_side import Apart, Line, each, in_fresh_process, line, race, repeated, serve, tell

from mdf.study.costs.memory import peak, settle

REACH = {SAME: 2.2, "s2d": 15.0}
MEMORY_REACH = {"s2d": 9.0}
MEMORY_BATCH = 16
STEPS = 3


def steps(size: int, batch: int, rounds: int, names: list[str]) -> list[Line]:
    """Seconds of a training step."""
    there = ["--size", str(size), "--batch", str(batch)]
    contenders = {name: (Apart(__file__, "--contender", name, *there), REACH.get(name)) for name in names}
    return each(race((OPPONENT, Apart(__file__, "--contender", OPPONENT, *there)), contenders, rounds), STEPS)


def memory(size: int, names: list[str]) -> list[Line]:
    """Megabytes in place of milliseconds, so that a ratio is how many times less."""
    there = ["--size", str(size), "--batch", str(MEMORY_BATCH)]
    found = {name: float(in_fresh_process(__file__, "--peak-of", name, *there)) / 1e9 for name in (OPPONENT, *names)}
    return [line(name, [own], [found[OPPONENT]], MEMORY_REACH.get(name)) for name, own in found.items()]


def peak_of(name: str, size: int, batch: int) -> float:
    """In a fresh process: bytes that the network and two of its steps add to the resident peak."""
    runtime = ours("unet", 64, device="cpu").runtime
    settle(runtime)

    def work() -> None:
        step = training_step(name, size, batch)
        settle(runtime)
        step()
        step()

    found = peak(work, runtime)
    assert found is not None, "this system does not tell a process's peak memory"
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.manual_seed(0)
    if asked.contender:
        serve(repeated(training_step(asked.contender, asked.size, asked.batch), STEPS))
    elif asked.peak_of:
        print(json.dumps(peak_of(asked.peak_of, asked.size, asked.batch)))
    else:
        where = f"{asked.size}×{asked.size}"
        step = f"training step, {where}, batch {asked.batch}"
        held = f"peak memory of training over imports, {where}, batch {MEMORY_BATCH} (MB in place of ms)"
        races = {
            step: steps(asked.size, asked.batch, asked.rounds, asked.networks),
            held: memory(asked.size, asked.networks),
        }
        tell("Training", races, asked.out)


if __name__ == "__main__":
    main()
