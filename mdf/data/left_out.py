"""Tells of samples that a study goes without because they cannot be read. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.files import write_json

if TYPE_CHECKING:
    from mdf.data.scan import Unreadable
    from mdf.study.cell import Cell

LEFT_OUT = "left-out-samples.json"


def write_left_out(cells: Sequence[Cell], study: Path) -> list[str]:
    """List the samples in the study's folder, by data set; returns a note about each data set that has some."""
    found: dict[str, Sequence[Unreadable]] = {}
    for cell in cells:
        found.update(cell.unreadable)
    if found:
        write_json(study / LEFT_OUT, {name: [asdict(sample) for sample in bad] for name, bad in found.items()})
    return [note_of(name, bad, study / LEFT_OUT) for name, bad in found.items()]


def note_of(name: str, bad: Sequence[Unreadable], listed: Path | None = None) -> str:
    """How many samples of a data set are left out, where they are `listed`, and the first of them."""
    count = f"{len(bad)} samples" if len(bad) > 1 else "1 sample"
    place = f"{listed} lists them, " if listed else ""
    return f"{count} of `{name}` left out, which cannot be read: {place}the first: {bad[0].reason.rstrip('.')}"
