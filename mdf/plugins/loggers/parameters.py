"""A trial's config as the flat list of parameters that loggers know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def parameters(config: Mapping[str, Any], prefix: str = "") -> dict[str, bool | int | float | str]:
    """Every value by its dotted key: `encoder.width`; lists as text."""
    found: dict[str, bool | int | float | str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            found |= parameters(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value if isinstance(value, (bool, int, float, str)) else _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_text(inner)}" for key, inner in value.items())
    return f"[{', '.join(map(_text, value))}]" if isinstance(value, (list, tuple)) else str(value)
