"""A training step and its memory, compared with SMP's Unet on ResNet-18 as its documentation trains it.

python benchmarks/training.py [--size 224] [--batch 8] [--rounds 5] [--out training.json]

A step is forward pass, loss, backward pass and optimiser. mdf starts from uint8 images, so its step includes
normalising, and it clips the gradient. The opponent gets prepared float images. Each contender runs in its own process
and makes 3 steps per turn. Memory is what a network and two of its steps add to the resident peak of a new process that
has imported everything and built its batch.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from networks import NETWORKS, OPPONENT, SAME, ours, training_step
from side_by_side import Line, OwnProcess, each, in_fresh_process, line, print_races, race, repeated, serve

from mdf.study.costs.measured_memory import peak, settle

TARGETS = {SAME: 2.2, "s2d": 15.0}
MEMORY_TARGETS = {"s2d": 9.0}
MEMORY_BATCH = 16
STEPS = 3


def steps(size: int, batch: int, rounds: int, names: list[str]) -> list[Line]:
    """Seconds of a training step."""
    sizes = ["--size", str(size), "--batch", str(batch)]
    contenders = {name: (OwnProcess(__file__, "--contender", name, *sizes), TARGETS.get(name)) for name in names}
    return each(race((OPPONENT, OwnProcess(__file__, "--contender", OPPONENT, *sizes)), contenders, rounds), STEPS)


def memory(size: int, names: list[str]) -> list[Line]:
    """Megabytes in place of milliseconds; a ratio says how many times less memory it is."""
    sizes = ["--size", str(size), "--batch", str(MEMORY_BATCH)]
    peaks = {name: float(in_fresh_process(__file__, "--peak-of", name, *sizes)) / 1e9 for name in (OPPONENT, *names)}
    return [line(name, [own], [peaks[OPPONENT]], MEMORY_TARGETS.get(name)) for name, own in peaks.items()]


def peak_of(name: str, size: int, batch: int) -> float:
    """In a new process: the bytes that the network and two of its steps add to the resident peak."""
    runtime = ours("unet", 64, device="cpu").runtime
    settle(runtime)

    def work() -> None:
        step = training_step(name, size, batch)
        settle(runtime)
        step()
        step()

    added = peak(work, runtime)
    assert added is not None, "this system does not report a process's peak memory"
    return added


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
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.contender:
        serve(repeated(training_step(options.contender, options.size, options.batch), STEPS))
    elif options.peak_of:
        print(json.dumps(peak_of(options.peak_of, options.size, options.batch)))
    else:
        size = f"{options.size}×{options.size}"
        step = f"training step, {size}, batch {options.batch}"
        held = f"peak memory of training above imports, {size}, batch {MEMORY_BATCH} (MB in place of ms)"
        races = {
            step: steps(options.size, options.batch, options.rounds, options.networks),
            held: memory(options.size, options.networks),
        }
        print_races("Training", races, options.out)


if __name__ == "__main__":
    main()
