"""A training step and its memory, beside SMP's Unet on ResNet-18 as its documentation trains it.

python benchmarks/training.py [--size 224] [--batch 8] [--rounds 6] [--out training.json]

A step is forward, loss, backward and optimiser. Ours starts from uint8 images (normalising is inside) and clips the
gradient; the opponent gets prepared float images. Memory: what one step adds to the resident peak of a fresh process
that has imported everything and built its batch, in a process of its own for each.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

import networks
import torch
from side_by_side import Line, Work, in_fresh_process, line, race, tell

from mdf.study.costs.memory import peak, settle

OPPONENT = "SMP Unet(resnet18), eager"
REACH = {networks.SAME: 2.2, "s2d": 15.0, "unet": None, "s2d-small": None}
MEMORY_REACH = {"s2d": 9.0}


def steps(size: int, batch: int, rounds: int, names: list[str]) -> list[Line]:
    """Seconds of a training step."""
    data = networks.batch_of(batch, size)
    prepared = networks.prepared(data)
    theirs = networks.Theirs()
    contenders = {name: networks.ours(name, size) for name in names}

    def own(name: str) -> tuple[Work, float | None]:
        return (lambda: contenders[name].step(data)), REACH[name]

    return race((OPPONENT, lambda: theirs.step(*prepared)), {name: own(name) for name in names}, rounds)


def memory(size: int, names: list[str]) -> list[Line]:
    """Peak bytes of a training step over imports; in place of seconds, so that a ratio is how many times less."""

    def peak(name: str) -> float:
        return float(in_fresh_process(__file__, "--peak-of", name, "--size", str(size), "--batch", "16"))

    theirs = peak(OPPONENT)
    rows = {OPPONENT: theirs} | {name: peak(name) for name in names}
    return [line(name, [found / 1e9], [theirs / 1e9], MEMORY_REACH.get(name)) for name, found in rows.items()]


def peak_of(name: str, size: int, batch: int) -> float:
    """In a fresh process: bytes that the network and two of its steps add to the resident peak."""
    data = networks.batch_of(batch, size)
    prepared = networks.prepared(data)
    runtime = networks.ours("unet", 64).runtime
    settle(runtime)

    def work() -> None:
        if name == OPPONENT:
            theirs = networks.Theirs()
            step = partial(theirs.step, *prepared)
        else:
            step = partial(networks.ours(name, size).step, data)
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
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--networks", nargs="+", default=list(REACH), choices=list(networks.NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.manual_seed(0)
    if asked.peak_of:
        print(json.dumps(peak_of(asked.peak_of, asked.size, asked.batch)))
        return
    where = f"{asked.size}×{asked.size}"
    races = {
        f"training step, {where}, batch {asked.batch}": steps(asked.size, asked.batch, asked.rounds, asked.networks),
        f"peak memory of training over imports, {where}, batch 16 (MB in place of ms)": memory(
            asked.size, asked.networks
        ),
    }
    tell("Training", races, asked.out)


if __name__ == "__main__":
    main()
