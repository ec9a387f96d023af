"""One picture of a study: the same test frames, their truth, and what every configuration made of them. Torch-free."""

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
    """Write the picture of all `results` that have a gallery; None where none has."""
    columns: dict[str, list[Image]] = {}
    for result in results:
        if not result.ok or not (Path(result.folder) / LAYOUT).is_file():
            continue
        layout = read_json(Path(result.folder) / LAYOUT)
        for title, panels in cut(Path(result.folder) / SHEET, layout["columns"], layout["size"]).items():
            task, _, what = title.partition(": ")
            columns.setdefault(f"{task}\n{result.label}" if what == "predicted" else title.replace(": ", "\n"), panels)
    if not columns:
        return None
    first, *rest = [title.partition("\n")[0] for title in columns]
    order = list(dict.fromkeys([first, *rest]))
    compose({t: columns[t] for t in sorted(columns, key=lambda t: order.index(t.partition("\n")[0]))}, path)
    return path
