"""`Plain`: data as TOML and JSON have it. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Plain: TypeAlias = "bool | int | float | str | Sequence[Plain] | Mapping[str, Plain] | None"
"""A value, a list or a table, nested as deep as you like."""
