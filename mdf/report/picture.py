"""`report.png`: the same test frames, their truth, and what every configuration predicts for them. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.files import read_json
from mdf.data.pictures.contact_sheet import compose, cut
from mdf.runs.result import TrialResult

if TYPE_CHECKING:
    from PIL.Image import Image

LAYOUT, SHEET = "gallery.json", "gallery.png"


def study_picture(results: Sequence[TrialResult], path: Path) -> Path | None:
    """Write the picture of all `results` that have a gallery and return `path`; None if none has a gallery."""
    columns: dict[str, list[Image]] = {}
    for result in results:
        folder = Path(result.folder)
        if not result.ok or not (folder / LAYOUT).is_file():
            continue
        layout = read_json(folder / LAYOUT)
        for title, panels in cut(folder / SHEET, layout["columns"], layout["size"]).items():
            task, _, kind = title.partition(": ")
            heading = f"{task}\n{result.label}" if kind == "predicted" else title.replace(": ", "\n")
            columns.setdefault(heading, panels)
    if not columns:
        return None
    order = list(dict.fromkeys(_first_line(heading) for heading in columns))
    headings = sorted(columns, key=lambda heading: order.index(_first_line(heading)))
    compose({heading: columns[heading] for heading in headings}, path)
    return path


def _first_line(heading: str) -> str:
    """The inputs' name or the task, which groups the columns."""
    return heading.partition("\n")[0]
