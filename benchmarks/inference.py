"""Inference of one frame, compared with SMP's Unet on ResNet-18, eager, in the same PyTorch.

python benchmarks/inference.py [--size 224] [--batch 1] [--threads 1] [--rounds 8] [--out inference.json]

mdf is timed as a session of a loaded model (`mdf.load(run).open(background)`), from a uint8 frame to arrays of mask
probability and depth. The opponent gets prepared float images and ends with its two maps of logits. Each contender runs
in its own process. A round is 20 frames in a row, as a camera delivers them. A second table times one frame after a
pause, when other contenders have filled the processor's caches and the threads are asleep.

`--networks s2d "s2d in openvino" "s2d in onnx"` races networks that were exported, in float32.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from networks import EXPORTED, NETWORKS, OPPONENT, SAME, inference
from side_by_side import Line, OwnProcess, each, print_races, race, repeated, serve

TARGETS = {SAME: 2.2, "s2d": 12.0}
FRAMES = 20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of every contender")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=[*NETWORKS, *EXPORTED])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--frames", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.contender:
        serve(repeated(inference(options.contender, options.size, options.batch), options.frames))
        return
    where = f"{options.size}×{options.size}, batch {options.batch}, {options.threads} threads"
    there = ["--size", str(options.size), "--batch", str(options.batch), "--threads", str(options.threads)]
    races = {
        f"inference, {where}, frames in a row": in_turns(FRAMES, there, options.networks, options.rounds),
        f"inference, {where}, one frame after a pause": in_turns(1, there, options.networks, 2 * options.rounds),
    }
    print_races("Inference", races, options.out)


def in_turns(frames: int, there: list[str], names: list[str], rounds: int) -> list[Line]:
    """Seconds per frame, with `frames` frames in each turn."""

    def contender(name: str) -> OwnProcess:
        return OwnProcess(__file__, "--contender", name, "--frames", str(frames), *there)

    ours = {name: (contender(name), TARGETS.get(name) if frames > 1 else None) for name in names}
    return each(race((OPPONENT, contender(OPPONENT)), ours, rounds), frames)


if __name__ == "__main__":
    main()
