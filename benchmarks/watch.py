"""Watching a clip, from decoding to events, compared with the loops one would write instead.

python benchmarks/watch.py [--clip FILE] [--frames 100] [--rounds 3] [--threads 2] [--out watch.json]

`plain loop`: OpenCV decodes, SMP's Unet on ResNet-18 predicts at 224×384 (mask and depth: two classes), and connected
components give boxes; where Roboflow's `trackers` is installed, its ByteTrack follows them (`supervision` has none any
more). `mog2`: OpenCV's MOG2 with an opening and connected components at the clip's own size. mdf is timed from the
first frame to the last event, on one file, with its gate off, and, on the clip with every frame shown four times, with
its gate on. Its networks are not trained: they take the same time.

Each race is told twice: by the clock, and in processor time of all threads and processes, which other work on the
machine hardly changes. What starting takes counts in neither. Then it says what a frame of `s2d` costs in the network,
around it, and in the process that reads the file; what four cameras cost; and the latency of `s2d` at 25 frames a
second, from the arrival of a frame to its events.

On two idle cores it takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from side_by_side import Line, each, line, machine, table

import mdf

CLIP = Path(__file__).resolve().parents[2] / "shared/data/surveillance_clip/one-by-one-person-detection.mp4"
SIZE = 224, 384
LIVE_FRAMES = 250
TARGETS = {"mdf unet": 2.0, "mdf s2d": 6.0, "mdf s2d, gate": 1.0, "four cameras": 1 / 3}


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds that a work took by the clock, and of all processors together."""

    clock: float
    cpu: float


Work = Callable[[], Took]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--frames", type=int, default=100, help="frames of the clip; three times as many are still")
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
        found = tables(Path(folder), options)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")


def tables(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Make the clips and the networks, run the races, and print each when it is over."""
    print(", ".join(f"{key} {value}" for key, value in machine().items() if key != "capabilities"), flush=True)
    count, rounds, threads = options.frames, options.rounds, options.threads
    busy = part(options.clip, folder / "busy.mp4", count, 1)
    still = part(options.clip, folder / "still.mp4", 3 * count, 4)
    long = part(options.clip, folder / "long.mp4", LIVE_FRAMES, 1)
    one = part(options.clip, folder / "one.mp4", 1, 1)
    runs = {name: network(name, folder) for name in ("unet", "s2d")}
    watched(runs["s2d"], one, "off", 1, threads)  # whatever happens once in this process
    started = watched(runs["s2d"], one, "off", 1, threads).cpu

    def ours(run: str, clip: Path, gate: str, cameras: int = 1) -> Work:
        def work() -> Took:
            took = watched(runs[run], clip, gate, cameras, threads)
            return Took(took.clock, took.cpu - cameras * started)

        return work

    found: dict[str, Any] = {"machine": machine()}

    def tell(title: str, number: int, opponent: tuple[str, Work], contenders: Mapping[str, Work]) -> None:
        for clock, lines in race(opponent, contenders, rounds).items():
            name = f"{title}, {clock}"
            found[name] = [asdict(one) for one in each(lines, number)]
            print(table(name, each(lines, number)), flush=True)

    full = {f"mdf {name}": ours(name, busy, "off") for name in runs}
    tell("every frame computed at 224×384", count, ("plain loop", lambda: plain(busy, threads)), full)
    gated = {"mdf s2d, gate": ours("s2d", still, "auto")}
    tell("three quarters of the frames still", 3 * count, ("mog2", lambda: mog2(still)), gated)
    four = {"four cameras": ours("s2d", busy, "off", 4)}
    tell("four cameras, s2d", count, ("one camera", ours("s2d", busy, "off")), four)
    found["shares"] = shares(runs["s2d"], busy, threads, started)
    print("processor time of a frame of s2d, ms:", json.dumps(found["shares"]), flush=True)
    found["latency"] = latency(runs["s2d"], long, threads)
    print("latency of s2d at 25 frames/s:", json.dumps(found["latency"]), flush=True)
    return found


def race(opponent: tuple[str, Work], contenders: Mapping[str, Work], rounds: int) -> dict[str, list[Line]]:
    """Let all take turns; the lines by the clock, and in processor time."""
    works = {opponent[0]: opponent[1], **contenders}
    took: dict[str, list[Took]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            took[name].append(work())

    def lines(seconds: Callable[[Took], float]) -> list[Line]:
        theirs = [seconds(one) for one in took[opponent[0]]]
        return [line(name, [seconds(one) for one in some], theirs, TARGETS.get(name)) for name, some in took.items()]

    return {"by the clock": lines(lambda one: one.clock), "processor time": lines(lambda one: one.cpu)}


def used() -> float:
    """Seconds that processors have worked for this process and for those that it started and that have ended."""
    each_kind = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in each_kind)


def watched(run: Path, clip: Path, gate: str, cameras: int, threads: int) -> Took:
    """From the first frame to the last event; the processor time also of what comes before the first frame."""
    camera = {"source": str(clip), "background": "first", "gate": gate}
    config = {"camera": {f"c{number}": camera for number in range(cameras)}}
    watching = mdf.watch(run, config=config, threads=threads)
    before = used()
    for _ in watching:
        pass
    ended = time.monotonic()
    return Took(ended - min(one.began for one in watching._watch.cameras.values()), used() - before)


def shares(run: Path, clip: Path, threads: int, started: float) -> dict[str, float]:
    """Milliseconds of processor time that a frame costs in the network, around it, and where the file is read."""
    watching = mdf.watch(run, clip, background="first", gate="off", threads=threads)
    network = watching._watch._network
    answer, spent = network.answer, [0.0]

    def timed(questions: Any) -> Any:
        begun = time.process_time()
        try:
            return answer(questions)
        finally:
            spent[0] += time.process_time() - begun

    network.answer = timed  # type: ignore[method-assign]
    before, own = used(), time.process_time()
    for _ in watching:
        pass
    own = time.process_time() - own
    reading = used() - before - own - started
    frames = next(iter(watching.summary().values()))["frames"]
    parts = {"network": spent[0], "around it": own - spent[0], "reading and scaling": reading}
    return {name: round(1000 * seconds / frames, 2) for name, seconds in parts.items()}


def plain(clip: Path, threads: int) -> Took:
    """The loop that one would write."""
    import segmentation_models_pytorch as smp

    torch.set_num_threads(threads)
    model = smp.Unet("resnet18", encoder_weights=None, classes=2).eval()
    track = byte_track()
    video = cv2.VideoCapture(str(clip))
    started, before = time.monotonic(), used()
    with torch.inference_mode():
        while (read := video.read())[0]:
            small = cv2.resize(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), SIZE[::-1])
            images = torch.from_numpy(small).permute(2, 0, 1)[None].float().div_(255)
            mask = (model(images)[0, 0].sigmoid() > 0.9).numpy().astype(np.uint8)
            _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
            track(boxes[boxes[:, 4] > 80][1:])
    return Took(time.monotonic() - started, used() - before)


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


def mog2(clip: Path) -> Took:
    """MOG2 and connected components at the clip's own size."""
    subtractor = cv2.createBackgroundSubtractorMOG2()
    kernel = np.ones((3, 3), np.uint8)
    video = cv2.VideoCapture(str(clip))
    started, before = time.monotonic(), used()
    while (read := video.read())[0]:
        mask = (subtractor.apply(read[1]) == 255).astype(np.uint8)
        cv2.connectedComponentsWithStats(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel))
    return Took(time.monotonic() - started, used() - before)


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
