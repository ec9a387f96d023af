"""One picture of samples: panels in columns, each under its title. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.files import whole

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

GAP, PANEL = 6, 128
INK, PAPER = (30, 30, 30), (255, 255, 255)
FONT_SIZE = 13


def cut(sheet: Path, columns: Sequence[str], size: Sequence[int]) -> dict[str, list[Image]]:
    """The panels of a sheet without gaps, by their titles: `columns` from left to right, each panel of `size`
    (height, width)."""
    from PIL import Image

    height, width = size
    with Image.open(sheet) as opened:
        pixels = opened.convert("RGB")
    return {
        title: [
            pixels.crop((x * width, y * height, (x + 1) * width, (y + 1) * height))
            for y in range(pixels.height // height)
        ]
        for x, title in enumerate(columns)
    }


def compose(columns: dict[str, list[Image]], path: Path, blocks: int = 1) -> None:
    """Write panels as one PNG, each column under its title, enlarged so that small ones can be seen. Long columns are
    broken into `blocks` side by side."""
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


def _wrap(title: str, width: int, font: FreeTypeFont | ImageFont) -> str:
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
