"""Watching a clip, from decoding to events, compared with the loops one would write instead.

python benchmarks/watch.py [--clip FILE] [--frames 300] [--rounds 3] [--threads 2] [--out watch.json]

`plain loop`: OpenCV decodes, SMP's Unet on ResNet-18 predicts at 224×384 (mask and depth: two classes), and connected
components give boxes; where Roboflow's `trackers` is installed, its ByteTrack follows them (`supervision` has none any
more). `mog2`: OpenCV's MOG2 with an opening and connected components at the clip's own size. mdf is timed from the
first frame to the last event, on one file, with its gate off, and, on the clip with every frame shown four times, with
its gate on. Its networks are not trained: they take the same time.

A second table has the latency of `s2d` at 25 frames a second, from the arrival of a frame to its events, and what four
cameras cost.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from side_by_side import Line, each, print_races, race

import mdf

CLIP = Path(__file__).resolve().parents[2] / "shared/data/surveillance_clip/one-by-one-person-detection.mp4"
SIZE = 224, 384
TARGETS = {"mdf unet": 2.0, "mdf s2d": 6.0, "mdf s2d, gate": 1.0}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path)
    parser.add_argument("--live", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.live:
        print(json.dumps(live(options.live, options.threads)))
        return
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        tables(Path(folder), options)


def tables(folder: Path, options: argparse.Namespace) -> None:
    """Make the clips and the networks, and run the races."""
    busy = part(options.clip, folder / "busy.mp4", options.frames, 1)
    still = part(options.clip, folder / "still.mp4", options.frames, 4)
    runs = {name: network(name, folder) for name in ("unet", "s2d")}
    threads = options.threads

    def ours(run: Path, clip: Path, gate: str, cameras: int = 1) -> Callable[[], float]:
        return lambda: watched(run, clip, gate, cameras, threads)

    full = {f"mdf {name}": (ours(run, busy, "off"), TARGETS[f"mdf {name}"]) for name, run in runs.items()}
    gated = {"mdf s2d, gate": (ours(runs["s2d"], still, "auto"), TARGETS["mdf s2d, gate"])}
    four = {"four cameras": (ours(runs["s2d"], busy, "off", 4), None)}
    count, rounds = options.frames, options.rounds
    alone = "one camera", ours(runs["s2d"], busy, "off")
    races = {
        "every frame computed at 224×384": each(
            timed(("plain loop", lambda: plain(busy, threads)), full, rounds), count
        ),
        "three quarters of the frames still": each(timed(("mog2", lambda: mog2(still)), gated, rounds), count),
        "four cameras, s2d": each(timed(alone, four, rounds), count),
    }
    print_races("Watching", races, options.out)
    print("latency of s2d at 25 frames/s:", json.dumps(latency(runs["s2d"], busy, threads)))


def timed(opponent: tuple[str, Callable[[], float]], ours: dict, rounds: int) -> list[Line]:
    """A race in which each work says itself how long it took: what comes before the first frame does not count."""
    now = [0.0]

    def measured(work: Callable[[], float]) -> Callable[[], None]:
        def run() -> None:
            now[0] += work()

        return run

    contenders = {name: (measured(work), target) for name, (work, target) in ours.items()}
    return race((opponent[0], measured(opponent[1])), contenders, rounds, clock=lambda: now[0])


def watched(run: Path, clip: Path, gate: str, cameras: int, threads: int) -> float:
    """Seconds from the first frame to the last event."""
    camera = {"source": str(clip), "background": "first", "gate": gate}
    config = {"camera": {f"c{number}": camera for number in range(cameras)}}
    watching = mdf.watch(run, config=config, threads=threads)
    for _ in watching:
        pass
    ended = time.monotonic()
    return ended - min(one.began for one in watching._watch.cameras.values())


def plain(clip: Path, threads: int) -> float:
    """Seconds of the loop that one would write."""
    import segmentation_models_pytorch as smp

    torch.set_num_threads(threads)
    model = smp.Unet("resnet18", encoder_weights=None, classes=2).eval()
    track = byte_track()
    video = cv2.VideoCapture(str(clip))
    started = time.monotonic()
    with torch.inference_mode():
        while (read := video.read())[0]:
            small = cv2.resize(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), SIZE[::-1])
            images = torch.from_numpy(small).permute(2, 0, 1)[None].float().div_(255)
            mask = (model(images)[0, 0].sigmoid() > 0.9).numpy().astype(np.uint8)
            _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
            track(boxes[boxes[:, 4] > 80][1:])
    return time.monotonic() - started


def byte_track() -> Callable[[np.ndarray], object]:
    """ByteTrack of Roboflow's `trackers`; nothing where it is not installed, which is faster."""
    try:
        import supervision
        import trackers
    except ImportError:
        return lambda boxes: boxes
    tracker = trackers.ByteTrackTracker()

    def track(boxes: np.ndarray) -> object:
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]], 1).astype(float)
        return tracker.update(supervision.Detections(corners, confidence=np.ones(len(corners))))

    return track


def mog2(clip: Path) -> float:
    """Seconds of MOG2 and connected components at the clip's own size."""
    subtractor = cv2.createBackgroundSubtractorMOG2()
    kernel = np.ones((3, 3), np.uint8)
    video = cv2.VideoCapture(str(clip))
    started = time.monotonic()
    while (read := video.read())[0]:
        mask = (subtractor.apply(read[1]) == 255).astype(np.uint8)
        cv2.connectedComponentsWithStats(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel))
    return time.monotonic() - started


def latency(run: Path, clip: Path, threads: int) -> dict:
    """`Watching.summary` of a live source that gives 25 frames a second."""
    feed = ["ffmpeg", "-v", "error", "-re", "-i", str(clip), "-f", "yuv4mpegpipe", "-"]
    with subprocess.Popen(feed, stdout=subprocess.PIPE) as film:
        command = [sys.executable, __file__, "--live", str(run), "--threads", str(threads)]
        done = subprocess.run(command, stdin=film.stdout, capture_output=True, text=True, check=True)
        film.kill()
    return json.loads(done.stdout.splitlines()[-1])


def live(run: str, threads: int) -> dict:
    """Watch standard input as a live source."""
    watching = mdf.watch(run, "-", background="first", threads=threads, settings=["source.live=true"])
    for _ in watching:
        pass
    return dict(next(iter(watching.summary().values())))


def part(clip: Path, out: Path, frames: int, times: int) -> Path:
    """`frames` frames of H.264 at 25 a second, each frame of the clip `times` times."""
    chain = f"select='gte(n,60)',setpts=N*{times}/25/TB,fps=25"
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-vf", chain, "-frames:v", str(frames), "-r", "25"]
    subprocess.run([*command, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(out)], check=True)
    return out


def network(name: str, folder: Path) -> Path:
    """A run of this encoder for frames of `SIZE`, trained for one step."""
    settings = ["data.train=4", "data.val=2", "data.test=2", "data.size=64", f"size=[{SIZE[0]},{SIZE[1]}]"]
    settings += ["train.batch_size=2", "train.recompute=off", "precision=fp32"]
    runs = folder / name
    report = mdf.benchmark(
        encoder=name,
        predictor=[],
        steps=1,
        loss="mask=bce,depth=l1",
        settings=settings,
        runs=runs,
        costs=False,
        force=True,
    )
    assert report.ok
    return next(runs.glob("*/*/weights.safetensors")).parent


if __name__ == "__main__":
    main()
