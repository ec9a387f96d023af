"""Each kind's base class, named so that no torch is imported before a component is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, TypeAlias

from mdf.core.errors import PluginError, UnknownNameError
from mdf.core.names import did_you_mean
from mdf.core.spec import KINDS
from mdf.registry.reasons import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdf.core.balance import Balance
    from mdf.core.component import ComponentConfig
    from mdf.core.dataset import Dataset
    from mdf.core.decoder import Decoder
    from mdf.core.encoder import Encoder
    from mdf.core.exporter import Exporter
    from mdf.core.features import FeatureSpec
    from mdf.core.fusion import Fusion
    from mdf.core.head import Head
    from mdf.core.logger import Logger
    from mdf.core.loss import Loss
    from mdf.core.metric import Metric
    from mdf.core.plain import Table
    from mdf.core.predictor import Predictor
    from mdf.core.schedule import Schedule
    from mdf.core.sink import Sink
    from mdf.core.source import Source
    from mdf.core.tracker import Tracker

AnyComponent: TypeAlias = (
    "Encoder | Fusion | Decoder | Head | Predictor | Loss | Metric | Dataset | Schedule | Balance | Logger"
    " | Source | Tracker | Sink | Exporter"
)
"""A component of some kind."""
Argument: TypeAlias = "int | str | FeatureSpec | Sequence[str]"
"""What components are constructed with besides their config."""
Options: TypeAlias = "Table | ComponentConfig"
"""A component's options, or the config that was made of them."""

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
    "source": "Source",
    "tracker": "Tracker",
    "sink": "Sink",
    "exporter": "Exporter",
}


def base_class(kind: str) -> type[AnyComponent]:
    """The contract of `kind`, e.g. `mdf.core.loss.Loss`. Imports torch.

    Raises
        PluginError: torch itself cannot be imported; no component is to be blamed for it.
    """
    try:
        base: type[AnyComponent] = getattr(importlib.import_module(f"mdf.core.{kind}"), BASES[kind])
    except Exception as error:
        message = f"torch, which every component needs, could not be imported: {describe(error)}"
        raise PluginError(message, '`python -c "import torch"` shows all; reinstall what it names') from error
    return base


def check_kind(kind: str) -> str:
    """`kind` itself. Raises UnknownNameError naming the closest kinds where there is no such kind."""
    if kind in KINDS:
        return kind
    guess = did_you_mean(kind, KINDS)
    raise UnknownNameError(
        f"`{kind}` is not a kind of component", "; ".join(filter(None, [guess, f"kinds: {', '.join(KINDS)}"]))
    )
