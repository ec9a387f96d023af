"""Tiny recordings in CDnet's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 6, 8


def make_video(
    root: Path,
    scene: str = "baseline/tiny",
    frames: range = range(1, 41),
    period: str | None = "6 40",
    labels: tuple[int, ...] = (0, 50, 85, 170, 255),
) -> Path:
    """Grey frames, frame n of level n; each truth holds `labels` in its first pixels; pixel (5, 7) lies
    outside the region of interest."""
    folder = root / scene
    for name in ("input", "groundtruth"):
        (folder / name).mkdir(parents=True)
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    truth.flat[: len(labels)] = labels
    region = np.full((HEIGHT, WIDTH), 255, np.uint8)
    region[-1, -1] = 0
    for number in frames:
        level = np.full((HEIGHT, WIDTH, 3), number, np.uint8)
        Image.fromarray(level).save(folder / "input" / f"in{number:06d}.png")
        Image.fromarray(truth).save(folder / "groundtruth" / f"gt{number:06d}.png")
    Image.fromarray(region).save(folder / "ROI.bmp")
    if period is not None:
        (folder / "temporalROI.txt").write_text(period)
    return folder
