"""Reports samples that a study goes without because they cannot be read. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.files import write_json

if TYPE_CHECKING:
    from mdf.data.scan import Unreadable

SKIPPED = "skipped-samples.json"


def write_skipped(unreadable: Iterable[Mapping[str, Sequence[Unreadable]]], study: Path) -> list[str]:
    """List the samples (`unreadable` by data set, as each cell has them) in the study's folder; returns a note about
    each data set that has some."""
    by_dataset = {name: samples for cell in unreadable for name, samples in cell.items()}
    path = study / SKIPPED
    if by_dataset:
        write_json(path, {name: [asdict(sample) for sample in samples] for name, samples in by_dataset.items()})
    return [skipped_note(name, samples, path) for name, samples in by_dataset.items()]


def skipped_note(name: str, samples: Sequence[Unreadable], listed: Path | None = None) -> str:
    """How many samples of the data set `name` are skipped, the file that lists them, and the first reason."""
    count, verb = (f"{len(samples)} samples", "were") if len(samples) > 1 else ("1 sample", "was")
    place = f"{listed} lists them; " if listed else ""
    return f"{count} of `{name}` cannot be read and {verb} skipped: {place}the first: {samples[0].reason.rstrip('.')}"
