"""The page's section "Pictures": every configuration's maps of the same frames, as data URIs. Torch-free."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.report.columns import format_value, score_columns
from mdf.report.frames.frame import Gallery, TrialPictures
from mdf.report.page.row_style import RowStyle, style_of
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as a data URI, with its size in pixels."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Panel:
    """What one row predicts for a frame. `row` is its position in the table, `score` the frame's own: `IoU 0.812`."""

    row: int
    label: str
    style: RowStyle
    score: str
    image: Image


@dataclass(frozen=True, slots=True)
class TaskPanels:
    """One task of a frame: its truth and every row's prediction. `low` and `high` are the ends of the colour scale."""

    name: str
    low: str
    high: str
    scale: Image | None
    truth: Image
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class FramePictures:
    """One test frame. `inputs` are its images by title."""

    id: str
    scene: str
    tags: Sequence[str]
    group: str
    inputs: Mapping[str, Image]
    tasks: Sequence[TaskPanels]


@dataclass(frozen=True, slots=True)
class MissingPictures:
    """A row without pictures, and why."""

    label: str
    reason: str


def trials_to_draw(report: StudyReport) -> list[TrialResult]:
    """The trial whose pictures stand for each row: the first one with scores."""
    return [row.done[0] for row in report.rows if row.done]


def pictures_of(report: StudyReport, gallery: Gallery | None) -> list[FramePictures]:
    """One entry per frame; empty if nothing was drawn."""
    if gallery is None or not gallery.trials:
        return []
    return [_frame(report, gallery, number) for number in range(len(gallery.frames))]


def missing_pictures(report: StudyReport, gallery: Gallery | None) -> list[MissingPictures]:
    """The rows whose trial could not be drawn."""
    reasons = gallery.missing if gallery else {}
    return [
        MissingPictures(row.label, reasons[row.done[0].id])
        for row in report.rows
        if row.done and row.done[0].id in reasons
    ]


def _frame(report: StudyReport, gallery: Gallery, number: int) -> FramePictures:
    frame = gallery.frames[number]
    return FramePictures(
        id=frame.id,
        scene=frame.scene,
        tags=frame.tags,
        group=frame.group,
        inputs={title: _image(gallery.folder / names[number]) for title, names in gallery.inputs.items()},
        tasks=[_task(report, gallery, number, task) for task in gallery.truths],
    )


def _task(report: StudyReport, gallery: Gallery, number: int, task: str) -> TaskPanels:
    drawn = [trial for trial in gallery.trials.values() if task in trial.files]
    low, high = drawn[0].limits[task][number] if drawn else (0.0, 1.0)
    unit = drawn[0].units[task] if drawn else ""
    scale = gallery.scales.get(task)
    return TaskPanels(
        name=task,
        low=_with_unit(f"{low:.3g}", unit),
        high=_with_unit(f"{high:.3g}", unit),
        scale=_image(gallery.folder / scale) if scale else None,
        truth=_image(gallery.folder / gallery.truths[task][number]),
        panels=_panels(report, gallery, number, task),
    )


def _panels(report: StudyReport, gallery: Gallery, number: int, task: str) -> list[Panel]:
    panels = []
    for position, row in enumerate(report.rows):
        pictures: TrialPictures | None = gallery.trials.get(row.done[0].id) if row.done else None
        if pictures is not None and task in pictures.files:
            trial = row.done[0]
            score = _headline_score(trial, gallery.frames[number].scores.get(trial.id, {}), task)
            image = _image(gallery.folder / pictures.files[task][number])
            panels.append(Panel(position, row.label, style_of(position), score, image))
    return panels


def _headline_score(trial: TrialResult, scores: Mapping[str, float], task: str) -> str:
    """The frame's own headline score, such as `IoU 0.812`; "" if it has none."""
    for column, described in zip(score_columns(trial), trial.columns, strict=True):
        if column.task == task and column.key in scores:
            value = _with_unit(format_value(column.key, scores[column.key]), str(column.protocol["unit"]))
            return f"{described['label']} {value}"
    return ""


def _with_unit(number: str, unit: str) -> str:
    return f"{number} {unit}" if unit else number


def _image(path: Path) -> Image:
    from PIL import Image as PillowImage

    with PillowImage.open(path) as opened:
        width, height = opened.size
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return Image(f"data:image/webp;base64,{encoded}", width, height)
