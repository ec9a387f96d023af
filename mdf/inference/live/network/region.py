"""Rectangles of the network's picture. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the network's picture, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def rows(self) -> slice:
        """Its rows."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Its columns."""
        return slice(self.left, self.left + self.width)

    def is_whole(self, size: tuple[int, int]) -> bool:
        """Whether it is all of a picture of `size`."""
        return self.size == tuple(size)


def whole(size: tuple[int, int]) -> Region:
    """All of a picture of (height, width) `size`."""
    return Region(0, 0, *size)
