"""The common interface of the forms in which NYUv2 is stored."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from mdf.core.dataset import Doubt
from mdf.core.image import Pixels
from mdf.plugins.datasets.files.depth import Depth, Flags


class Source(Protocol):
    """Photographs with depth, by index."""

    def scenes(self) -> list[str]:
        """The scene of each photograph."""

    def name(self, index: int) -> str:
        """The name of a photograph."""

    def size(self, index: int) -> tuple[int, int]:
        """(height, width), without decoding."""

    def read(self, index: int) -> tuple[Pixels, Depth, Flags]:
        """The photograph (H×W×3 uint8), its depth (H×W float32, metres) and its validity (H×W bool)."""

    def files(self) -> Iterable[tuple[str, Path]]:
        """Name and path of every file that is read."""

    def doubts(self) -> Iterable[Doubt]:
        """What is ambiguous or unusual about the depths."""

    def words(self) -> str:
        """How the depths are read."""
