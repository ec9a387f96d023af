"""The order of file names in which people count. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Iterable


def natural(names: Iterable[str]) -> list[str]:
    """Names in the order in which people count.

    >>> natural(["frame10", "frame2"])
    ['frame2', 'frame10']
    """
    return sorted(names, key=lambda name: ([_number(part) for part in re.split("([0-9]+)", name)], name))


def _number(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdecimal() and part.isascii() else (-1, part)
