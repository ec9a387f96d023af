"""Files whose names end in a number: `in000001.jpg`, `CaVignal_000000.png`."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.image_formats import ENDINGS
from mdf.plugins.datasets.files.images import entries

NAME = re.compile(r"(.*?)(\d+)(\D*)")
"""What stands before the number, the number, and what stands after it."""
LOSSLESS = (".bmp", ".png")


def numbered(folder: Path, usual: str) -> dict[int, Path]:
    """The images of a folder by the last number in their names, in order. Other files are ignored.

    The names of all images must be equal except for the number. If there are other images too, only those with the name
    `usual` and a number are used.

    Raises
        DataError: the folder cannot be listed, its images have several names, or two have one number.
    """
    kinds: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for entry in entries(folder):
        stem, dot, ending = entry.name.rpartition(".")
        match = NAME.fullmatch(stem)
        if match and (dot + ending).lower() in ENDINGS:
            kinds[f"{match[1]}N{match[3]}".casefold()].append((int(match[2]), folder / entry.name))
    usual_kind = f"{usual}N".casefold()
    if len(kinds) > 1 and usual_kind not in kinds:
        examples = ", ".join(files[0][1].name for files in list(kinds.values())[:3])
        raise DataError(
            f"cdnet: the images in {folder} have several names: {examples}.",
            f"Keep those of one kind there, or call them {usual}000001.png and so on.",
        )
    chosen = kinds.get(usual_kind) or [file for files in kinds.values() for file in files]
    found: dict[int, Path] = {}
    for number, path in sorted(chosen):
        if number in found:
            raise DataError(f"cdnet: {found[number]} and {path} have one number.", "Keep one of the two.")
        found[number] = path
    return found


def single(folder: Path, called: str) -> Path | None:
    """The image in a folder with this name, in small or capital letters; None if there is none.

    If there are several, a lossless one is used: CDnet has `ROI.bmp` and `ROI.jpg`.

    Raises
        DataError: the folder cannot be listed.
    """
    names = [entry.name for entry in entries(folder) if entry.name.lower().endswith(ENDINGS)]
    found = [name for name in names if name.rpartition(".")[0].casefold() == called]
    return folder / min(found, key=lambda name: not name.lower().endswith(LOSSLESS)) if found else None
