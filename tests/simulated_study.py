"""Simulated studies: the statistics of imaginary networks, drawn with known noise, as the files of trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mdf.engine.scoring import SampleStatistics
from mdf.report.verdict.interval import Difference, Part, difference
from mdf.report.verdict.resample import group_images, group_sums, resampled_scores
from mdf.runs import statistics
from mdf.runs.result import TrialResult

PROTOCOL = {"aggregation": "pooled over pixels, threshold 0.5", "direction": "higher", "perfect": 1.0, "unit": ""}
COLUMNS = {
    "mask/iou": {"key": "mask/iou", "task": "mask", "on": "", "label": "IoU", "protocol": PROTOCOL, "options": {}},
    "depth/rmse": {
        "key": "depth/rmse",
        "task": "depth",
        "on": "",
        "label": "RMSE",
        "protocol": {**PROTOCOL, "direction": "lower", "perfect": 0.0, "unit": "m"},
        "options": {},
    },
}
STAMP = {"device_name": "a processor", "precision": "fp32", "threads": 1}

Floats = NDArray[np.float64]


class World:
    """One test set. The size and the difficulty of its images are the same for all configurations."""

    def __init__(self, random: np.random.Generator, images: int = 60, scenes: int = 20) -> None:
        self.random, self.images = random, images
        self.size = random.gamma(2.0, 200.0, images) + 50.0
        self.difficulty = random.normal(0.0, 0.12, images)
        self.scenes = [str(i * scenes // images) for i in range(images)]

    def counts(self, level: float, seeds: int, seed_noise: float, image_noise: float, own: float = 0.0) -> Floats:
        """N×S×4 hits, false alarms, misses and pixels of a configuration that scores about `level`.

        `seed_noise` varies a whole seed, `image_noise` a seed on an image, `own` the configuration on an image.
        """
        draw = self.random.normal
        score = level + self.difficulty + draw(0.0, own, self.images) + draw(0.0, seed_noise, (seeds, 1))
        score = np.clip(score + draw(0.0, image_noise, (seeds, self.images)), 0.0, 1.0)
        hits = score * self.size
        misses = np.broadcast_to(self.size, hits.shape) - hits
        return np.stack([hits, np.zeros_like(hits), misses, np.full_like(hits, 4096.0)], axis=-1).transpose(1, 0, 2)


def compared(world: World, a: Floats, b: Floats, resamples: int) -> Difference:
    """Pooled IoU of `a` minus that of `b`, as the verdict compares rows."""
    group_of, _ = group_images(world.scenes)
    sums = group_sums(np.concatenate([a, b], axis=1), group_of)
    whole, drawn = iou(sums.sum(0)), resampled_scores(sums, iou, resamples)
    seeds = a.shape[1]
    one, other = Part(whole[:seeds], drawn[:, :seeds]), Part(whole[seeds:], drawn[:, seeds:])
    return difference([(1.0, one), (-1.0, other)], len(sums))


def iou(totals: Floats) -> Floats:
    """Hits divided by the sum of hits, false alarms and misses."""
    scores: Floats = totals[..., 0] / totals[..., :3].sum(-1)
    return scores


def write_trial(
    folder: Path,
    world: World,
    label: str,
    seed: int,
    tables: dict[str, Floats],
    tags: list[frozenset[str]] | None = None,
    trained: set[str] | None = None,
    config: dict[str, object] | None = None,
) -> TrialResult:
    """Write the statistics (N×K by column) of a successful trial, and return its result."""
    samples = SampleStatistics(
        ids=[f"image-{i}" for i in range(world.images)],
        scenes=list(world.scenes),
        tags=tags or [frozenset()] * world.images,
        parts={key: [torch.from_numpy(np.ascontiguousarray(table))] for key, table in tables.items()},
    )
    name = f"{label} · seed {seed}"
    place = folder / name.replace(" ", "-")
    statistics.write(place / statistics.STATISTICS, {"": samples}, trained or set())
    totals = {key: table.sum(0) for key, table in tables.items()}
    scores = {k: float(iou(t)) if k == "mask/iou" else float(np.sqrt(t[0] / t[1])) for k, t in totals.items()}
    return TrialResult(
        id=name,
        label=name,
        status="ok",
        config={"seed": seed, "encoder": label} | (config or {}),
        scores=scores,
        costs={"parameters": 1e6, "train_seconds": 1.0},
        columns=[COLUMNS[key] for key in tables],
        stamp=STAMP,
        folder=str(place),
    )
