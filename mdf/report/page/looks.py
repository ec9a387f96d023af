"""How a row looks wherever it stands on the page: a colour and a mark of its own. Torch-free."""

from __future__ import annotations

COLOURS = ("#4c8dd9", "#e1812c", "#3a9e5c", "#c05bb5", "#d04a4a", "#8a76d6", "#1aa5a5", "#a08a2e")
"""Told apart on light and on dark paper, and by most colour-blind eyes together with the marks."""
MARKS = (("●", "circle"), ("■", "square"), ("▲", "triangle-up"), ("◆", "diamond"), ("✚", "cross"), ("★", "star"))
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def colour(row: int) -> int:
    """The number of a row's colour."""
    return row % len(COLOURS)


def mark(row: int) -> tuple[str, str]:
    """A row's mark: the character, and the plots' name of it. Neighbours differ, and rows of one colour do."""
    return MARKS[(row + row // len(COLOURS)) % len(MARKS)]


def dash(row: int) -> str:
    """A row's line: solid until the colours begin again."""
    return DASHES[row // len(COLOURS) % len(DASHES)]
