"""What is asked and found of a network in other runtimes. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING

from mdf.registry import Catalog
from mdf.study.cell import Cell
from mdf.study.costs.key import cost_key
from mdf.study.costs.request import BenchRequest
from mdf.study.identity import code_of, digest, modules_used

if TYPE_CHECKING:
    from mdf.core.exporter import Exporter

TORCH = "torch"
"""The runtime that mdf itself uses; any other is the name of an exporter."""
MEASURES = "mdf.study.costs.runtimes.measure"
"""The module that measures."""


@dataclass(frozen=True, slots=True)
class CostRuntime:
    """A runtime whose costs a study compares.

    Attributes:
        name: `torch`, or an exporter.
        label: the runtime with its version, `openvino 2026.4.1`: versions do not share a column.
    """

    name: str
    label: str


def runtimes_of(names: Collection[str], catalog: Catalog) -> tuple[CostRuntime, ...]:
    """The runtimes of these names, each once.

    Raises
        UnknownNameError: there is no such exporter.
        PluginError: its runtime is not installed.
    """
    return tuple(CostRuntime(name, f"{name} {_version(name, catalog)}".strip()) for name in dict.fromkeys(names))


def _version(name: str, catalog: Catalog) -> str:
    try:
        return metadata.version(TORCH if name == TORCH else _exporter(name, catalog).runtime)
    except (metadata.PackageNotFoundError, ValueError):
        return ""


def _exporter(name: str, catalog: Catalog) -> type[Exporter]:
    from mdf.core.exporter import Exporter  # late: it needs NumPy, and most studies need no exporter

    exporter = catalog.load("exporter", name)
    assert issubclass(exporter, Exporter)
    return exporter


def runtime_key(cell: Cell, runtime: CostRuntime) -> str:
    """What the costs of `cell` in a runtime depend on, as a key beside `cost_key`."""
    return digest([cost_key(cell), runtime.label, code_of(modules_used([MEASURES], []), [])])


@dataclass(frozen=True, slots=True)
class RuntimesRequest(BenchRequest):
    """A resolved config whose network is measured in runtimes of these `names`."""

    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class RuntimeCosts:
    """What was found in one runtime: costs by the keys of `RUNTIME_COSTS`, or why there are none."""

    costs: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
