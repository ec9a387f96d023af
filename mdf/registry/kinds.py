"""Each kind's base class, named so that nothing of torch is imported before a component is used."""

from __future__ import annotations

import importlib

from mdf.core.errors import PluginError, UnknownNameError
from mdf.core.names import did_you_mean
from mdf.core.spec import KINDS
from mdf.registry.reasons import describe

BASES = {
    "encoder": "Encoder",
    "fusion": "Fusion",
    "decoder": "Decoder",
    "head": "Head",
    "predictor": "Predictor",
    "loss": "Loss",
    "metric": "Metric",
    "dataset": "Dataset",
    "schedule": "Schedule",
    "balance": "Balance",
    "logger": "Logger",
}


def base_class(kind: str) -> type:
    """The contract that components of `kind` fulfil, e.g. `mdf.core.loss.Loss`. Imports torch.

    Raises PluginError where torch itself cannot be imported, so that no component is blamed for it.
    """
    try:
        base: type = getattr(importlib.import_module(f"mdf.core.{kind}"), BASES[kind])
    except Exception as error:
        message = f"torch, which every component needs, could not be imported: {describe(error)}"
        raise PluginError(message, '`python -c "import torch"` shows all; reinstall what it names') from error
    return base


def check_kind(kind: str) -> str:
    """`kind`, or UnknownNameError naming the closest."""
    if kind in KINDS:
        return kind
    guess = did_you_mean(kind, KINDS)
    raise UnknownNameError(
        f"`{kind}` is no kind of component", "; ".join(filter(None, [guess, f"kinds: {', '.join(KINDS)}"]))
    )
