"""What the page knows of the watch behind it, and may change. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """One camera: its name, its source (with its password, if it has one), its zones, and what is counted of it."""

    name: str
    source: str
    zones: Mapping[str, str]
    counts: Mapping[str, float]


class Controls(Protocol):
    """The watch, as the page sees it. Called from the page's own threads."""

    @property
    def file(self) -> str:
        """The name of the config file; "" = there is none."""

    def facts(self) -> Sequence[CameraFacts]:
        """What is known of each camera now."""

    def draw(self, camera: str, zones: Mapping[str, str]) -> bool:
        """Give a camera other zones; whether they are written into the config file. Raises MdfError as that is."""
