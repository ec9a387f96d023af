"""Finds samples that are one sample saved twice: identical ground truth, and frames that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import TypeAlias

from mdf.core.sample import Sample
from mdf.data.backgrounds.similarity import hashes, thumbnail

MAX_BITS = 6
"""Bits of the perceptual hash that may differ: compression and scaling change a few, another frame about half."""

Labelled: TypeAlias = tuple[str, str]
"""A sample's id and its split, "" where it is in none."""


class ResavedSamples:
    """Remembers a hash of each sample's truth and the perceptual hash of its frame; no image is kept."""

    def __init__(self) -> None:
        self.by_truth: dict[bytes, list[tuple[int, list[Labelled]]]] = {}

    def add(self, sample: Sample, label: Labelled) -> None:
        """Remember a sample that is no exact copy of an earlier one."""
        truth, picture = _truth_hash(sample), thumbnail(sample.fg_bg)
        if truth is None or picture is None:
            return
        code = int(hashes(picture[None])[0])
        groups = self.by_truth.setdefault(truth, [])
        alike = next((labels for other, labels in groups if (code ^ other).bit_count() <= MAX_BITS), None)
        if alike is None:
            groups.append((code, [label]))
        else:
            alike.append(label)

    def groups(self) -> Iterator[list[Labelled]]:
        """The samples of each group that is one sample; two or more of them."""
        for groups in self.by_truth.values():
            yield from (labels for _, labels in groups if len(labels) > 1)


def _truth_hash(sample: Sample) -> bytes | None:
    """A hash of the first target; None where it is zero everywhere: frames of an empty scene look alike."""
    for task, target in sample.targets.items():
        shown = target.where(sample.valid[task], 0)
        return blake2b(shown.contiguous().numpy().data, digest_size=16).digest() if bool(shown.any()) else None
    return None
