"""The gallery on the page: every configuration's maps of the same frames, as data URIs. Torch-free."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from mdf.report.columns import format_value
from mdf.report.frames.frame import Gallery
from mdf.report.page import looks
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult


def shown_trials(report: StudyReport) -> list[TrialResult]:
    """The trial that stands for each row in pictures: its first with scores."""
    return [row.done[0] for row in report.rows if row.done]


def frames_of(report: StudyReport, gallery: Gallery | None) -> list[dict[str, Any]]:
    """One entry a frame: its images, and by task the truth, the scale and what each row made of it."""
    if gallery is None or not gallery.trials:
        return []
    return [_frame(report, gallery, number) for number in range(len(gallery.frames))]


def missing(report: StudyReport, gallery: Gallery | None) -> list[dict[str, str]]:
    """Rows without pictures, and why."""
    reasons = gallery.missing if gallery else {}
    return [
        {"label": row.label, "reason": reasons[row.done[0].id]}
        for row in report.rows
        if row.done and row.done[0].id in reasons
    ]


def _frame(report: StudyReport, gallery: Gallery, number: int) -> dict[str, Any]:
    frame = gallery.frames[number]
    return {
        "id": frame.id,
        "scene": frame.scene,
        "tags": list(frame.tags),
        "group": frame.group,
        "inputs": [
            {"title": title, **_image(gallery.folder / names[number])} for title, names in gallery.inputs.items()
        ],
        "tasks": [_task(report, gallery, number, task) for task in gallery.truths],
    }


def _task(report: StudyReport, gallery: Gallery, number: int, task: str) -> dict[str, Any]:
    drawn = [trial for trial in gallery.trials.values() if task in trial.pictures]
    low, high = drawn[0].limits[task][number] if drawn else (0.0, 1.0)
    unit = drawn[0].units[task] if drawn else ""
    scale = gallery.scales.get(task)
    return {
        "name": task,
        "low": _with_unit(low, unit),
        "high": _with_unit(high, unit),
        "scale": _image(gallery.folder / scale)["uri"] if scale else None,
        "truth": _image(gallery.folder / gallery.truths[task][number]),
        "panels": _panels(report, gallery, number, task),
    }


def _panels(report: StudyReport, gallery: Gallery, number: int, task: str) -> list[dict[str, Any]]:
    panels = []
    for place, row in enumerate(report.rows):
        drawn = gallery.trials.get(row.done[0].id) if row.done else None
        if drawn is not None and task in drawn.pictures:
            panels.append(
                {
                    "row": place,
                    "label": row.label,
                    "colour": looks.colour(place),
                    "symbol": looks.mark(place)[0],
                    "score": _score(row.done[0], gallery.frames[number].scores.get(row.done[0].id, {}), task),
                    **_image(gallery.folder / drawn.pictures[task][number]),
                }
            )
    return panels


def _score(trial: TrialResult, scores: Any, task: str) -> str:
    """The frame's own headline score: `IoU 0.812`."""
    for column in trial.columns:
        if column["task"] == task and column["key"] in scores:
            unit = column["protocol"].get("unit")
            return f"{column['label']} {format_value(column['key'], scores[column['key']])}{f' {unit}' if unit else ''}"
    return ""


def _with_unit(value: float, unit: str) -> str:
    return f"{value:.3g}{f' {unit}' if unit else ''}"


def _image(path: Path) -> dict[str, Any]:
    """A picture as a data URI, with its size in pixels."""
    from PIL import Image

    with Image.open(path) as opened:
        width, height = opened.size
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return {"uri": f"data:image/webp;base64,{encoded}", "width": width, "height": height}
