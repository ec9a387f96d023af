"""The image sizes that are tried. A component may refuse one if its error names a size that it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from mdf.core.errors import MdfError
from mdf.testing.finding import FailedError

SIZES = ((64, 64), (97, 131), (224, 224))
COST_ONLY_SIZES = ((8, 8), (9, 13), (16, 16))
"""For components that would take too long at those."""
WRITTEN = re.compile(r"(\d+)(?:\s*[x×]\s*(\d+))?")

Found = TypeVar("Found")
Size = tuple[int, int]


def padded(size: Size, multiple: int) -> Size:
    """(height, width) as the composed model pads it."""
    return size[0] + -size[0] % multiple, size[1] + -size[1] % multiple


def at_fitting_size(size: Size, use: Callable[[Size], Found]) -> tuple[Size, Found]:
    """`use(size)`, or `use` at a size that its refusal names. Raises FailedError where none of them works."""
    try:
        return size, use(size)
    except MdfError as refusal:
        named = [other for other in sizes_in(str(refusal)) if other != size]
        for other in named:
            try:
                return other, use(other)
            except MdfError:
                continue
        cure = f"at those it names ({', '.join(f'{h}×{w}' for h, w in named)}) too" if named else "naming no other"
        raise FailedError(f"{size[0]}×{size[1]} is refused, {cure}: {refusal.message}") from refusal


def sizes_in(text: str) -> list[Size]:
    """Every size written in `text`, `224` or `240x320` (height x width), each once."""
    pairs = [(int(a), int(b or a)) for a, b in WRITTEN.findall(text)]
    return list(dict.fromkeys(pair for pair in pairs if min(pair) >= 8 and max(pair) <= 4096))
