"""What the forms in which NYUv2 is stored have in common."""

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
        """What a photograph is called."""

    def size(self, index: int) -> tuple[int, int]:
        """(height, width), without decoding."""

    def read(self, index: int) -> tuple[Pixels, Depth, Flags]:
        """The photograph (H×W×3 uint8), its depth (H×W float32, metres) and its validity (H×W bool)."""

    def files(self) -> Iterable[tuple[str, Path]]:
        """Name and path of everything that is read."""

    def doubts(self) -> Iterable[Doubt]:
        """What of the depths may be meant otherwise."""

    def words(self) -> str:
        """What the depths are read as."""
