"""Samples that are one sample saved twice: the very same truth, and frames that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from mdf.core.sample import Sample
from mdf.data.perceptual import hashes, thumbnail

NEAR = 6
"""Bits of the perceptual hash that may differ: compression and scaling change a few, another frame about half."""

Named = tuple[str, str]


class Resaved:
    """Remembers of every sample a hash of its truth and the perceptual one of its frame; no image is kept."""

    def __init__(self) -> None:
        self.frames: dict[bytes, list[tuple[int, list[Named]]]] = {}

    def look(self, sample: Sample, named: Named) -> None:
        """Remember a sample that is no exact copy of an earlier one; `named` is its id and split."""
        truth, picture = _truth(sample), thumbnail(sample.fg_bg)
        if truth is None or picture is None:
            return
        code = int(hashes(picture[None])[0])
        seen = self.frames.setdefault(truth, [])
        alike = next((names for other, names in seen if (code ^ other).bit_count() <= NEAR), None)
        if alike is None:
            seen.append((code, [named]))
        else:
            alike.append(named)

    def groups(self) -> Iterator[list[Named]]:
        """Samples that are one, two or more of them."""
        for seen in self.frames.values():
            yield from (names for _, names in seen if len(names) > 1)


def _truth(sample: Sample) -> bytes | None:
    """A hash of the first target; None where it shows nothing: frames of an empty scene look alike."""
    for task, target in sample.targets.items():
        shown = target * sample.valid[task]
        return blake2b(shown.contiguous().numpy().data, digest_size=16).digest() if bool(shown.any()) else None
    return None
