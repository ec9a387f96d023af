"""What surrounds the network when one frame is predicted, and what threads cost on a machine that does other work.

python benchmarks/one_frame.py [--network unet] [--size 64] [--frame 240 320] [--rounds 40] [--busy 2] [--out FILE]

The network alone (normalised images in, logits out) is the opponent of a session and of `LoadedModel.predict`, both
from an array to arrays of mask probability and depth: a ratio of 0.75 means that a third of the network's own time is
added. Decoding a file is timed apart. This is processor time: what else the machine does is left out. Then the threads
that mdf chooses race against two by the clock on the wall, first alone, then beside `--busy` processes that never rest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from networks import NETWORKS, loaded
from PIL import Image
from side_by_side import Line, Work, race, tell

from mdf.inference.inputs import to_tensor
from mdf.inference.session import LoadedModel
from mdf.inference.threads import cpu_threads

REACH = 0.75


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="unet", choices=list(NETWORKS))
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--frame", type=int, nargs=2, default=(240, 320), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--busy", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    images = np.random.default_rng(0).integers(0, 256, (3, *asked.frame, 3), np.uint8)
    chosen, again = (loaded(asked.network, asked.size) for _ in range(2))
    two = loaded(asked.network, asked.size, 2)
    where = f"{asked.network} at {asked.size}×{asked.size}, a frame of {asked.frame[0]}×{asked.frame[1]}"
    races = {f"{where}, {chosen.threads} thread(s), processor time": surroundings(chosen, again, images, asked.rounds)}
    races[f"{where}, threads, alone"] = threads(chosen, two, images, asked.rounds)
    with busy(asked.busy):
        races[f"{where}, threads, beside {asked.busy} busy processes"] = threads(chosen, two, images, asked.rounds)
    tell("One frame", races, asked.out)


def surroundings(model: LoadedModel, again: LoadedModel, images: np.ndarray, rounds: int) -> list[Line]:
    """Everything that is done for a frame beside the network, and the network.

    `again` is the same model, which is given another background at every call.
    """
    bg, frame, other = images
    session = model.open(bg)
    backgrounds = cycle((bg, other))
    with TemporaryDirectory() as folder, cpu_threads(model.threads):
        png, jpeg = (Path(folder) / f"frame.{ending}" for ending in ("png", "jpg"))
        Image.fromarray(frame).save(png)
        Image.fromarray(frame).save(jpeg)
        contenders: dict[str, tuple[Work, float | None]] = {
            "session(frame)": (lambda: session(frame), REACH),
            "predict(bg, frame), the same bg": (lambda: model.predict(bg, frame), REACH),
            "predict(bg, frame), another bg": (lambda: again.predict(next(backgrounds), frame), None),
            "decoding a PNG": (lambda: to_tensor(png, "the frame"), None),
            "decoding a JPEG": (lambda: to_tensor(jpeg, "the frame"), None),
        }
        return race(("the network alone", network_alone(model)), contenders, rounds, warm_up=5, clock=time.process_time)


def network_alone(model: LoadedModel) -> Work:
    """From a normalised frame to logits."""
    restored = model.restored
    network, size = restored.model, restored.config.image_size
    with torch.inference_mode(), restored.runtime.autocast():
        background = network.background(torch.zeros(1, 3, *size, dtype=torch.uint8))
        frame = network._read(
            network.normalise.frames(torch.ones(1, 3, *size, dtype=torch.uint8), *statistics()), background.times
        )

    def work() -> None:
        with torch.inference_mode(), restored.runtime.autocast():
            maps = network.decoder.one_by_one(network.fusion(network.encoder, background.maps, frame), network.tasks)
            for task, own in maps:
                network.heads[task](own).float()

    return work


def statistics() -> tuple[torch.Tensor, torch.Tensor]:
    """Any mean and deviation: they change no cost."""
    return torch.full((1, 3, 1, 1), 0.5), torch.full((1, 3, 1, 1), 0.25)


def threads(chosen: LoadedModel, two: LoadedModel, images: np.ndarray, rounds: int) -> list[Line]:
    """The same prediction with the threads that mdf chooses and with two."""
    bg, frame, _ = images
    works = {
        f"{model.threads} thread(s), {what}": (lambda model=model: model.predict(bg, frame))
        for model, what in ((chosen, "chosen"), (two, "asked for"))
    }
    (opponent, contender) = reversed(works.items())
    return race(opponent, {contender[0]: (contender[1], None)}, rounds, warm_up=3)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Beside `count` processes that use a core each."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    main()
