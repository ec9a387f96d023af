"""The result of a check. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one component. `detail` is the first difference found, or why it was skipped; else empty."""

    check: str
    outcome: Outcome
    detail: str = ""


class FailedError(Exception):
    """A component breaks its contract; the text is the first difference found."""


class SkippedError(Exception):
    """A check does not apply; the text says why."""
