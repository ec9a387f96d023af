"""Inference of one frame, beside SMP's Unet on ResNet-18, eager, in the same PyTorch.

python benchmarks/inference.py [--size 224] [--batch 1] [--threads 1] [--rounds 20] [--out inference.json]

Ours is a session of a loaded model (`mdf.load(run).open(background)`), from a uint8 frame to arrays of mask probability
and depth; the opponent gets prepared float images and ends with its two maps of logits. Each contender has a process of
its own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from networks import NETWORKS, OPPONENT, SAME, inference
from side_by_side import Apart, race, serve, tell

REACH = {SAME: 2.2, "s2d": 12.0}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of every contender")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(asked.threads)
    if asked.contender:
        serve(inference(asked.contender, asked.size, asked.batch))
        return
    there = ["--size", str(asked.size), "--batch", str(asked.batch), "--threads", str(asked.threads)]
    contenders = {name: (Apart(__file__, "--contender", name, *there), REACH.get(name)) for name in asked.networks}
    opponent = Apart(__file__, "--contender", OPPONENT, *there)
    lines = race((OPPONENT, opponent), contenders, asked.rounds, warm_up=3)
    title = f"inference, {asked.size}×{asked.size}, batch {asked.batch}, {asked.threads} threads"
    tell("Inference", {title: lines}, asked.out)


if __name__ == "__main__":
    main()
