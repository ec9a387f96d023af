"""The built-in tracker beside Roboflow's, on predicted masks and depths; HOTA, IDF1 and MOTA by trackeval.

python benchmarks/tracking.py [--model mdf-base] [--seeds 8] [--stories cross turn-back …] [--cache FOLDER]

Needs `trackers` and `trackeval`, in an environment of their own: both ask for another OpenCV than mdf.

Sequences are rendered by `scenes`: the same camera, people who walk, cross, turn back, stop or leave a bag. All
trackers are given the same detections, those of `mdf watch`; with `mask only` the regions of the mask are not split by
depth. Boxes are compared, those of the truth around the visible pixels of each actor. `--feet-hidden` cuts the lower
quarter of the farther actor off, and with it the feet of all: only depth and looks could tell them apart then. With
`--true-depth` the truth stands for the predicted depth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

from mdf.core.tracker import Box, Detection, Tracker
from mdf.inference.live.network.network import LiveNetwork, Question
from mdf.inference.live.network.region import whole
from mdf.inference.live.objects.detect import detect
from mdf.inference.session import load
from mdf.plugins.datasets.scenes.sequences import render_sequence
from mdf.plugins.trackers.kalman import KalmanTracker
from mdf.plugins.trackers.roboflow import RoboflowTracker

SIZE, RATE = (240, 320), 10.0
MEETING = "cross", "turn-back"
STORIES = (*MEETING, "walk", "stop", "bag")
SMALLEST = 0.001


def kalman(**options: object) -> Callable[[], Tracker]:
    """Makes the built-in tracker."""
    return lambda: KalmanTracker(KalmanTracker.Config(**options))


def roboflow(algorithm: str) -> Callable[[], Tracker]:
    """Makes one of the others."""
    return lambda: RoboflowTracker(RoboflowTracker.Config(algorithm=algorithm, fps=RATE))


TRACKERS: dict[str, tuple[Callable[[], Tracker], bool]] = {
    "kalman": (kalman(), True),
    "kalman, depth not used to match": (kalman(use_depth=False), True),
    "kalman, mask only": (kalman(use_depth=False), False),
    "bytetrack": (roboflow("bytetrack"), True),
    "bytetrack, mask only": (roboflow("bytetrack"), False),
    "ocsort": (roboflow("ocsort"), True),
    "sort": (roboflow("sort"), True),
}
"""By name: how it is made, and whether its detections are split by depth."""


@dataclass(frozen=True)
class Predicted:
    """A sequence as a network sees it: N×H×W each, `times` N seconds; `ids` are the truth."""

    times: np.ndarray
    ids: np.ndarray
    probability: np.ndarray
    foreground: np.ndarray
    depth: np.ndarray
    true_depth: np.ndarray


def main() -> None:
    """Print a table for the sequences where people meet, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mdf-base")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--stories", nargs="*", default=STORIES)
    parser.add_argument("--cache", type=Path, default=Path("tracking-cache"))
    parser.add_argument("--feet-hidden", action="store_true")
    parser.add_argument("--true-depth", action="store_true")
    parser.add_argument("--each", action="store_true", help="a line for each sequence")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    sequences = {
        (story, seed): changed(sequence(story, seed, options.model, options.cache), options)
        for story in options.stories
        for seed in range(options.first, options.first + options.seeds)
    }
    detections = {key: (detected(one, False), detected(one, True)) for key, one in sequences.items()}
    results = {
        name: {key: evaluated(one, detections[key][split], make()) for key, one in sequences.items()}
        for name, (make, split) in TRACKERS.items()
    }
    for title, stories in (("people meet", MEETING), ("all", STORIES)):
        keys = [key for key in sequences if key[0] in stories]
        print(
            f"\n{title}: {len(keys)} sequences\n| tracker | HOTA | AssA | DetA | IDF1 | MOTA | switches |\n|---|"
            + "---:|" * 6
        )
        for name, by in results.items():
            print(f"| {name} |", line([by[key] for key in keys]))
    if options.each:
        for key in sequences:
            print(key, {name: round(float(by[key][0]["HOTA"].mean()), 3) for name, by in results.items()})


def changed(one: Predicted, options: argparse.Namespace) -> Predicted:
    """With the true depth, and without feet, where that is asked for."""
    depth = one.true_depth if options.true_depth else one.depth
    if not options.feet_hidden:
        return replace(one, depth=depth)
    rows = np.flatnonzero((one.ids == one.ids.max()).any((0, 2)))
    end = int(rows[0] + 0.75 * (rows[-1] - rows[0]))
    parts = {name: getattr(one, name)[:, :end] for name in ("ids", "probability", "foreground", "true_depth")}
    return replace(one, depth=depth[:, :end], **parts)


def sequence(story: str, seed: int, model: str, cache: Path) -> Predicted:
    """Rendered and predicted, or as it was kept in `cache`."""
    file = cache / f"{model}-{story}-{seed}.npz"
    if not file.exists():
        one = render_sequence(story, seed, SIZE, RATE)
        network = LiveNetwork(load(model, size=f"{SIZE[0]}x{SIZE[1]}"))
        bg, *frames = (np.ascontiguousarray(image.permute(1, 2, 0).numpy()) for image in (one.bg, *one.frames))
        scene = network.empty_scene(bg)
        answers = [network.answer([Question(scene, frame, whole(network.size))])[0] for frame in frames]
        np.savez_compressed(
            file,
            times=np.array(one.times),
            ids=one.ids.numpy(),
            probability=np.stack([answer.probability for answer in answers]).astype(np.float16),
            foreground=np.stack([answer.foreground for answer in answers]),
            depth=np.stack([answer.depth for answer in answers]).astype(np.float16),
            true_depth=one.depth.numpy().astype(np.float16),
        )
    with np.load(file) as kept:
        return Predicted(**kept)


def detected(one: Predicted, split: bool) -> list[list[Detection]]:
    """What `mdf watch` finds in each frame, with the depth or without."""
    found = []
    for mask, probability, depth in zip(one.foreground, one.probability, one.depth, strict=True):
        values = depth.astype(np.float32) if split else None
        objects = detect(mask, probability.astype(np.float32), values, SMALLEST)
        found.append([each.detection for each in objects])
    return found


def evaluated(one: Predicted, detections: Sequence[list[Detection]], tracker: Tracker) -> tuple[dict, dict, dict]:
    """HOTA's, CLEAR's and Identity's results of one sequence."""
    truth = [visible(ids) for ids in one.ids]
    told = []
    for found, time in zip(detections, one.times, strict=True):
        tracks = tracker.step(found, float(time))
        told.append({track.id: found[track.detection].box for track in tracks if track.detection is not None})
    data = compared(truth, told)
    return (
        HOTA().eval_sequence(data),
        CLEAR({"PRINT_CONFIG": False}).eval_sequence(data),
        Identity({"PRINT_CONFIG": False}).eval_sequence(data),
    )


def visible(ids: np.ndarray) -> dict[int, Box]:
    """The box around the visible pixels of each actor."""
    boxes = {}
    for actor in np.unique(ids[ids > 0]):
        rows, columns = np.nonzero(ids == actor)
        if len(rows) >= SMALLEST * ids.size:
            height, width = ids.shape
            box = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
            boxes[int(actor)] = tuple(map(float, box))
    return boxes


def compared(truth: Sequence[dict[int, Box]], told: Sequence[dict[int, Box]]) -> dict:
    """What trackeval's metrics take."""
    known = [{old: new for new, old in enumerate(sorted({i for one in boxes for i in one}))} for boxes in (truth, told)]
    numbers = [
        [np.array([ids[i] for i in one], int) for one in boxes] for ids, boxes in zip(known, (truth, told), strict=True)
    ]
    return {
        "num_timesteps": len(truth),
        "num_gt_ids": len(known[0]),
        "num_tracker_ids": len(known[1]),
        "num_gt_dets": sum(map(len, truth)),
        "num_tracker_dets": sum(map(len, told)),
        "gt_ids": numbers[0],
        "tracker_ids": numbers[1],
        "similarity_scores": [
            np.array([[overlap(a, b) for b in two.values()] for a in one.values()]).reshape(len(one), len(two))
            for one, two in zip(truth, told, strict=True)
        ],
    }


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    along = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * along / (areas - across * along)


def line(results: Sequence[tuple[dict, dict, dict]]) -> str:
    """The sequences together, as trackeval combines them."""
    parts = [{str(n): one[k] for n, one in enumerate(results)} for k in range(3)]
    hota, clear, identity = (
        metric.combine_sequences(part)
        for metric, part in zip(
            (HOTA(), CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False})), parts, strict=True
        )
    )
    shown = [hota["HOTA"].mean(), hota["AssA"].mean(), hota["DetA"].mean(), identity["IDF1"], clear["MOTA"]]
    return " | ".join([*(f"{value:.3f}" for value in shown), f"{clear['IDSW']:.0f} |"])


if __name__ == "__main__":
    main()
