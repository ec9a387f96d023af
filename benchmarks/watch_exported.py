"""Watching a clip with an exported `s2d`, compared with the same network in PyTorch.

python benchmarks/watch_exported.py [--clip FILE] [--frames 300] [--rounds 3] [--threads 1] [--out FILE]

Timed from the first frame to the last event, at 224×384, with the gate off: the network sees every frame. It is not
trained, which takes the same time. A second table has the network's own part: one frame, its background known.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from side_by_side import each, print_races, race
from watch import CLIP, SIZE, network, part, timed, watched

import mdf

RUNTIMES = {"openvino": 2.0, "onnx": None}
"""By exporter, the ratio that we aim at."""
CALLS = 20


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder, threads = Path(name), options.threads
        clip = part(options.clip, folder / "clip.mp4", options.frames, 1)
        run = network("s2d", folder)
        report = mdf.export(run, folder / "box", to=list(RUNTIMES), threads=threads)
        assert report.ok, report
        folders = {row.format: Path(row.folder) for row in report.formats}

        def watching(place: Path) -> Callable[[], float]:
            return lambda: watched(place, clip, "off", 1, threads)

        ours = {name: (watching(place), RUNTIMES[name]) for name, place in folders.items()}
        alone = {name: (frames(place, threads), None) for name, place in folders.items()}
        races = {
            "`mdf watch`, a frame": each(timed(("PyTorch", watching(run)), ours, options.rounds), options.frames),
            "the network, a frame": each(race(("PyTorch", frames(run, threads)), alone, 2 * options.rounds), CALLS),
        }
        print_races("Watching with an exported network", races, options.out)


def frames(place: Path, threads: int) -> Callable[[], None]:
    """The network alone: so many frames of its own size, as a session computes them."""
    scene, frame = np.random.default_rng(0).integers(0, 256, (2, *SIZE, 3), dtype=np.uint8)
    session = mdf.load(place, threads=threads).open(scene)
    image = torch.from_numpy(frame).permute(2, 0, 1)[None]

    def run() -> None:
        for _ in range(CALLS):
            session.values(image)

    return run


if __name__ == "__main__":
    main()
