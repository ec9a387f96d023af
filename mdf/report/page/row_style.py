"""The colour and the symbol that mark a row everywhere on the page. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

COLOURS = ("#4c8dd9", "#e1812c", "#3a9e5c", "#c05bb5", "#d04a4a", "#8a76d6", "#1aa5a5", "#a08a2e")
"""Distinguishable on light and dark backgrounds, and together with the symbols by most colour-blind readers."""
SYMBOLS = (
    ("●", "circle"),
    ("■", "square"),
    ("▲", "triangle-up"),
    ("▼", "triangle-down"),
    ("✚", "cross"),
    ("★", "star"),
)
"""Each as a character and as Plotly names it. ◆ is left out: it marks the Pareto front."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True, slots=True)
class RowStyle:
    """How one row looks.

    Attributes:
        colour: index into COLOURS; the page's CSS class is `c` and this number.
        symbol: the character in tables and captions.
        plot_symbol: Plotly's name of the same symbol.
        dash: Plotly's name of the line's dash.
    """

    colour: int
    symbol: str
    plot_symbol: str
    dash: str


def style_of(row: int) -> RowStyle:
    """The style of the row at position `row`. Neighbours differ in symbol, and so do rows of one colour."""
    repeat = row // len(COLOURS)
    symbol, plot_symbol = SYMBOLS[(row + repeat) % len(SYMBOLS)]
    return RowStyle(row % len(COLOURS), symbol, plot_symbol, DASHES[repeat % len(DASHES)])
