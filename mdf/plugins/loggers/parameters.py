"""A trial's config as flat parameters, as MLflow and TensorBoard show them."""

from __future__ import annotations

from collections.abc import Mapping

from mdf.core.plain import Plain

Parameter = bool | int | float | str


def parameters(config: Mapping[str, Plain], prefix: str = "") -> dict[str, Parameter]:
    """Every value by its dotted key, e.g. `encoder.width`. Lists become text."""
    flat: dict[str, Parameter] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= parameters(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value if isinstance(value, (bool, int, float, str)) else _text(value)
    return flat


def _text(value: Plain) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_text(inner)}" for key, inner in value.items())
    return f"[{', '.join(map(_text, value))}]" if isinstance(value, (list, tuple)) else str(value)
