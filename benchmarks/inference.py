"""Inference of one frame, beside SMP's Unet on ResNet-18, eager, in the same PyTorch.

python benchmarks/inference.py [--size 224] [--batch 1] [--threads 1] [--rounds 8] [--out inference.json]

Ours is a session of a loaded model (`mdf.load(run).open(background)`), from a uint8 frame to arrays of mask probability
and depth; the opponent gets prepared float images and ends with its two maps of logits. Each contender has a process of
its own. A round is 20 frames in a row, as a camera that is watched gives them; and once more a single frame, which
finds the processor's caches filled by the others and the threads asleep.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from networks import NETWORKS, OPPONENT, SAME, inference
from side_by_side import Apart, Line, each, race, repeated, serve, tell

REACH = {SAME: 2.2, "s2d": 12.0}
FRAMES = 20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of every contender")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--frames", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(asked.threads)
    if asked.contender:
        serve(repeated(inference(asked.contender, asked.size, asked.batch), asked.frames))
        return
    where = f"{asked.size}×{asked.size}, batch {asked.batch}, {asked.threads} threads"
    there = ["--size", str(asked.size), "--batch", str(asked.batch), "--threads", str(asked.threads)]
    races = {
        f"inference, {where}, frames in a row": in_turns(FRAMES, there, asked.networks, asked.rounds),
        f"inference, {where}, one frame after a pause": in_turns(1, there, asked.networks, 2 * asked.rounds),
    }
    tell("Inference", races, asked.out)


def in_turns(frames: int, there: list[str], names: list[str], rounds: int) -> list[Line]:
    """Seconds of a frame, of `frames` a turn."""

    def contender(name: str) -> Apart:
        return Apart(__file__, "--contender", name, "--frames", str(frames), *there)

    ours = {name: (contender(name), REACH.get(name) if frames > 1 else None) for name in names}
    return each(race((OPPONENT, contender(OPPONENT)), ours, rounds), frames)


if __name__ == "__main__":
    main()
