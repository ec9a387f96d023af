"""Plain data: what TOML and JSON files hold. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Plain = str | int | float | bool | None | Sequence["Plain"] | Mapping[str, "Plain"]
"""A value of a TOML or JSON file."""

Table = Mapping[str, Plain]
"""A table of a TOML file, or an object of a JSON file."""
