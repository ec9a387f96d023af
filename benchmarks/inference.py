"""Inference of one frame, beside SMP's Unet on ResNet-18, eager, in the same PyTorch.

python benchmarks/inference.py [--size 224] [--batch 1] [--rounds 20] [--out inference.json]

Ours starts from uint8 images and ends with mask probability and depth; the opponent gets prepared float images and
ends with its two maps of logits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import networks
import torch
from side_by_side import Line, Work, race, tell

OPPONENT = "SMP Unet(resnet18), eager"
REACH = {networks.SAME: 2.2, "s2d": 12.0, "unet": None, "s2d-small": None}


def frames(size: int, batch: int, rounds: int, names: list[str]) -> list[Line]:
    """Seconds of one call."""
    data = networks.batch_of(batch, size)
    images = networks.prepared(data)[0]
    theirs = networks.Theirs().eval()
    contenders = {name: networks.ours(name, size) for name in names}
    for contender in contenders.values():
        contender.model.eval()

    def own(name: str) -> tuple[Work, float | None]:
        return (lambda: contenders[name].infer(data)), REACH[name]

    return race((OPPONENT, lambda: theirs.infer(images)), {name: own(name) for name in names}, rounds, warm_up=3)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--networks", nargs="+", default=list(REACH), choices=list(networks.NETWORKS))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    torch.manual_seed(0)
    title = f"inference, {asked.size}×{asked.size}, batch {asked.batch}"
    tell("Inference", {title: frames(asked.size, asked.batch, asked.rounds, asked.networks)}, asked.out)


if __name__ == "__main__":
    main()
