"""Watching with an exported `s2d`, compared with the same network in PyTorch: the processor time of a frame.

python benchmarks/watch_exported.py [--clip FILE] [--size 224] [--frames 60] [--every 4] [--rounds 3] [--out FILE]

What is timed is all that the watching process does with a frame: gate (off: the network sees every frame), network,
detection, following, events. Frames are decoded before; while watching, another process does it. Processor time, with
one thread, does not depend on what else the machine does. Networks are not trained, which takes the same time. Ranges
of 8-bit integers are seen on the frames. A second table has the network's own part.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from networks import EXPORTED, exported, loaded, restored
from side_by_side import each, print_races, race
from watch import CLIP

from mdf.inference.live.camera.build import Start, make_camera
from mdf.inference.live.camera.known import Known
from mdf.inference.live.capture.child import scaled
from mdf.inference.live.capture.feed import Arrived
from mdf.inference.live.network.network import LiveNetwork
from mdf.inference.live.settings.settings import CameraSettings
from mdf.inference.session import LoadedModel
from mdf.registry import Catalog

NETWORK, PYTORCH, FLOAT32 = "s2d", "PyTorch, in the precision that this processor suits", "PyTorch, float32"
OPENVINO, BF16, INT8 = (f"{NETWORK} in openvino{how}" for how in ("", ", bf16", ", 8-bit integers"))
RUNTIMES = {OPENVINO: 2.0, BF16: 2.0, INT8: 2.0, f"{NETWORK} in onnx": None}
"""With the ratio that we aim at."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--every", type=int, default=4, help="which frames: 1 = all, as a camera gives them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    frames = clip_frames(options.clip, (options.size, options.size), options.frames, options.every)
    models = {PYTORCH: loaded(NETWORK, options.size, 1)}
    models[FLOAT32] = LoadedModel.prepare(restored(NETWORK, options.size, "fp32"), 1)
    models |= {name: exported(name, options.size, 1) for name in RUNTIMES if name in EXPORTED}
    models[BF16] = exported(OPENVINO, options.size, 1, "bf16")
    pixels = [tensor_of(frame).numpy() for frame in frames]
    models[INT8] = exported(OPENVINO, options.size, 1, samples=[{"bg": pixels[0], "frame": one} for one in pixels])
    races = {}
    for what, work in (("all that is done with a frame", watching), ("the network alone", network_alone)):
        works = {name: work(model, frames) for name, model in models.items()}
        ours = {name: (works[name], RUNTIMES.get(name)) for name in works if name != PYTORCH}
        lines = race((PYTORCH, works[PYTORCH]), ours, options.rounds, clock=time.process_time)
        races[f"{what}, {options.size}×{options.size}"] = each(lines, len(frames))
    print_races("Watching with an exported network, processor time", races, options.out)


def clip_frames(clip: Path, size: tuple[int, int], count: int, every: int) -> list[Arrived]:
    """Every so many'th frame of a clip, as a capture process hands them over."""
    video, frames = cv2.VideoCapture(str(clip)), []
    while len(frames) < count and (read := video.read())[0]:
        number = int(video.get(cv2.CAP_PROP_POS_FRAMES))
        if number % every == 0:
            pixels = cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
            seconds = number / 25
            frames.append(Arrived(number, 0, seconds, seconds, 0.0, pixels.shape[:2], scaled(pixels, size), None))
    return frames


def watching(model: LoadedModel, frames: Sequence[Arrived]) -> Callable[[], None]:
    """A camera's story over these frames, from its first one on."""
    network, catalog = LiveNetwork(model), Catalog.discover()
    settings = CameraSettings(source="clip", background="first", gate="off")
    start = Start(False, frames[0].frame_size, frames[0].small)

    def run() -> None:
        camera = make_camera("clip", settings, network, catalog, [], start, Known(None, None), "token")
        for frame in frames:
            question, _ = camera.look(frame)
            answers = network.answer([question] if question else [])
            camera.finish(frame, question, answers[0] if answers else None, False)

    return run


def network_alone(model: LoadedModel, frames: Sequence[Arrived]) -> Callable[[], None]:
    """The network on these frames, the background known."""
    network = model.network
    images = [tensor_of(frame) for frame in frames]
    background = network.background(images[0])

    def run() -> None:
        for image in images:
            network.values(background, image)

    return run


def tensor_of(frame: Arrived) -> torch.Tensor:
    """1×3×H×W uint8."""
    return torch.from_numpy(np.ascontiguousarray(frame.small.transpose(2, 0, 1)))[None]


if __name__ == "__main__":
    main()
