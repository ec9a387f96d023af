"""Synthetic reports: any number of trials, with hostile names and with pictures that compress like real ones."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mdf.report.columns import TableColumn
from mdf.report.frames.frame import GROUPS, Frame, Gallery, TrialPictures
from mdf.report.notes import notes_of
from mdf.report.report import StudyReport
from mdf.report.verdict.verdict import Comparison, Delta, Estimate, Verdict
from mdf.runs.result import TrialResult

HOSTILE = "<script>window.harmed = 1</script>"
STAMP = {"device": "cpu", "device_name": "a <b>processor</b>", "precision": "fp32", "threads": 2, "torch": "2"}
PROTOCOL = {"aggregation": "pooled", "direction": "higher", "perfect": 1.0, "unit": "", "valid": "valid pixels"}
IOU = {"key": "mask/iou", "task": "mask", "label": "IoU", "on": "", "protocol": PROTOCOL, "options": {}}
RMSE = {**IOU, "key": "depth/rmse", "task": "depth", "label": "RMSE"}
RMSE["protocol"] = {**PROTOCOL, "direction": "lower", "perfect": 0.0, "unit": "m"}
CONDITIONS = ("shadow", "low_light", f"{HOSTILE}")


def report_of(folder: Path, rows: int, seeds: int = 1, epochs: int = 5, failed: bool = True) -> StudyReport:
    """A study of `rows` × `seeds` trials with a verdict; if `failed`, the last trial has no scores."""
    chance = np.random.default_rng(7)
    results = [_trial(folder, row, seed, epochs, chance) for row in range(rows) for seed in range(seeds)]
    if failed:
        results[-1] = TrialResult(
            id="bad",
            label=f"broken {HOSTILE}",
            status="oom",
            config={"encoder": "broken", "seed": 0},
            reason=f"no memory {HOSTILE}",
            hint="</dd><script>window.harmed = 1</script>",
            stamp=STAMP,
        )
    plain = StudyReport(folder, results, [*notes_of(results), f"a note of {HOSTILE}"])
    return StudyReport(folder, results, plain.notes, _verdict(plain))


def gallery_of(folder: Path, report: StudyReport, frames: int = 3, side: int = 96) -> Gallery:
    """Pictures of every row but the first: smooth maps with noise, like predictions."""
    chance = np.random.default_rng(3)
    place = folder / "frames"
    trials = [row.done[0].id for row in report.rows if row.done]
    shown = [
        Frame(
            n,
            f"frame-{n} {HOSTILE}",
            f"scene <i>{n}</i>",
            (HOSTILE, "shadow"),
            GROUPS[n % 3],
            {trial: {"mask/iou": 0.5, "depth/rmse": 1.25} for trial in trials},
        )
        for n in range(frames)
    ]

    pool = cycle([_picture(place, f"{n}.webp", side, chance) for n in range(7)])

    def draw() -> list[str]:
        return [next(pool) for _ in range(frames)]

    limits = [(0.0, 1.0)] * frames
    drawn = {
        trial: TrialPictures(
            {"mask": draw(), "depth": draw()},
            {"mask": limits, "depth": [(1.5, 8.25)] * frames},
            {"mask": "", "depth": "m"},
        )
        for trial in trials[1:]
    }
    inputs = {"background": draw(), "frame": draw()}
    scale = next(pool)
    truths = {"mask": draw(), "depth": draw()}
    return Gallery(
        place, shown, inputs, truths, {"mask": scale, "depth": scale}, drawn, {trials[0]: "its plugin is gone"}
    )


def _trial(folder: Path, row: int, seed: int, epochs: int, chance: np.random.Generator) -> TrialResult:
    name = HOSTILE if row == 1 else f"encoder-{row}"
    trial = folder / f"trial-{row}-{seed}"
    trial.mkdir(parents=True)
    history = [
        {
            "number": n,
            "step": 100 * n,
            "losses": {"mask": 1 / (n + 1)},
            "scores": {"mask/iou": n / 10},
            "selection": n / 10,
        }
        for n in range(epochs)
    ]
    (trial / "history.json").write_text(json.dumps(history))
    iou = 0.5 + 0.04 * (row % 10) + float(chance.normal(0, 0.003))
    return TrialResult(
        id=trial.name,
        label=f"{name} · seed {seed}",
        status="ok",
        config={"encoder": {"name": name, "width": row}, "seed": seed, "data": f"scenes:{HOSTILE}"},
        scores={"mask/iou": iou, "depth/rmse": 3 - iou + 1 / 3},
        costs={
            "parameters": 1e5 * (row + 1),
            "peak_memory": math.inf if row == 0 else 2.0**20 * 100 * row,
            "latency_p50": 0.004 + row / 1000,
            "images_per_second": 250.0 / (row + 1),
        },
        columns=[IOU, RMSE],
        stamp=STAMP,
        best_step=100,
        folder=str(trial),
    )


def _groups(report: StudyReport) -> list[TableColumn]:
    return [
        replace(column, title=f"{column.title} ({tag})", condition=tag)
        for column in report.columns
        if column.key == "mask/iou"
        for tag in CONDITIONS
    ]


def _verdict(report: StudyReport) -> Verdict:
    titles = [f"mask IoU ({tag})" for tag in CONDITIONS]
    rows = [row for row in report.rows if row.done]
    estimates: dict[str, dict[str, Estimate]] = {}
    for row in rows:
        whole = {c.title: row.values(c) for c in report.columns if not c.is_cost}
        own = {title: Estimate(sum(v) / len(v), 0.01, len(v)) for title, v in whole.items() if v}
        estimates[row.label] = own | {title: Estimate(0.4, 0.02, 1) for title in titles}
    comparisons = [
        _comparison(title, a.label, b.label, estimates)
        for title in ("mask IoU", "depth RMSE [m]")
        for number, a in enumerate(rows)
        for b in rows[number + 1 :]
    ]
    deltas = [Delta(row.label, {"mask": HOSTILE}, 0.02, -0.01, 0.05, False) for row in rows[:1]]
    return Verdict(estimates, comparisons, deltas, _groups(report), [f"nothing of {HOSTILE} was judged"])


def _comparison(title: str, a: str, b: str, estimates: dict[str, Any]) -> Comparison:
    difference = estimates[a][title].value - estimates[b][title].value
    sign = 1 if title.startswith("mask") else -1
    call = "cannot tell" if abs(difference) < 0.06 else "better" if sign * difference > 0 else "worse"
    low, high = difference - 0.02, difference + 0.02
    return Comparison(title, a, b, difference, low, high, 0.04, call, 3, False, 60, 10, "scenes")  # type: ignore[arg-type]


def _picture(place: Path, name: str, side: int, chance: np.random.Generator) -> str:
    rough = chance.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(rough).resize((side, side * 3 // 4), Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = smooth + chance.normal(0, 6, smooth.shape).astype(np.int16)
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place / name, quality=85)
    return name
