"""One picture of a study: the same test frames, their truth, and what every configuration made of them. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.core.files import read_json, whole
from mdf.runs.result import TrialResult

if TYPE_CHECKING:
    from PIL.Image import Image

LAYOUT, SHEET = "gallery.json", "gallery.png"
GAP, PANEL = 6, 128
INK, PAPER = (30, 30, 30), (255, 255, 255)
FONT_SIZE = 13


def study_picture(results: Sequence[TrialResult], path: Path) -> Path | None:
    """Write the picture of all `results` that have a gallery; None where none has."""
    columns: dict[str, list[Image]] = {}
    for result in results:
        if not result.ok or not (Path(result.folder) / LAYOUT).is_file():
            continue
        for title, panels in cut(Path(result.folder) / SHEET, read_json(Path(result.folder) / LAYOUT)).items():
            task, _, what = title.partition(": ")
            columns.setdefault(f"{task}\n{result.label}" if what == "predicted" else title.replace(": ", "\n"), panels)
    if not columns:
        return None
    first, *rest = [title.partition("\n")[0] for title in columns]
    order = list(dict.fromkeys([first, *rest]))
    compose({t: columns[t] for t in sorted(columns, key=lambda t: order.index(t.partition("\n")[0]))}, path)
    return path


def cut(sheet: Path, layout: dict[str, Any]) -> dict[str, list[Image]]:
    """A gallery sheet as panels by title."""
    from PIL import Image

    height, width = layout["size"]
    with Image.open(sheet) as opened:
        whole_sheet = opened.convert("RGB")
    return {
        title: [
            whole_sheet.crop((x * width, y * height, (x + 1) * width, (y + 1) * height))
            for y in range(len(layout["ids"]))
        ]
        for x, title in enumerate(layout["columns"])
    }


def compose(columns: dict[str, list[Image]], path: Path, blocks: int = 1) -> None:
    """Panels by title, enlarged to be seen, each column under its title, as one PNG; long columns in `blocks`
    side by side."""
    from PIL import Image, ImageDraw, ImageFont

    count = len(next(iter(columns.values())))
    rows = -(-count // blocks)
    parts = [
        (title, panels[start : start + rows]) for start in range(0, count, rows) for title, panels in columns.items()
    ]
    first = parts[0][1][0]
    scale = max(1, -(-PANEL // first.width))
    width, height = first.width * scale, first.height * scale
    font = ImageFont.load_default(FONT_SIZE)
    titles = {title: _wrap(title, width, font) for title in columns}
    head = max(text.count("\n") + 1 for text in titles.values()) * (FONT_SIZE + 4) + GAP
    picture = Image.new("RGB", (len(parts) * (width + GAP) + GAP, head + rows * (height + GAP) + GAP), PAPER)
    draw = ImageDraw.Draw(picture)
    for x, (title, panels) in enumerate(parts):
        left = GAP + x * (width + GAP)
        draw.multiline_text((left, GAP), titles[title], fill=INK, font=font)
        for y, panel in enumerate(panels):
            large = panel.resize((width, height), Image.Resampling.NEAREST)
            picture.paste(large, (left, head + GAP + y * (height + GAP)))
    with whole(path) as beside:
        picture.save(beside, format="PNG", optimize=True)


def _wrap(title: str, width: int, font: Any) -> str:
    """The title in lines that are no wider than its column, broken between words."""
    lines: list[str] = []
    for part in title.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return "\n".join(lines)
