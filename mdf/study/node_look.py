"""The look at one node of a cluster: whether it has the data and components, and what it computes with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.config import ExperimentConfig
from mdf.core.progress import OnProgress
from mdf.core.shared.place import shared_place
from mdf.study import travel

if TYPE_CHECKING:
    from mdf.engine.runtime import Stamp


@dataclass(frozen=True, slots=True)
class NodeRequest:
    """What a node is asked.

    Attributes:
        configs: one for each of the data sets and of the machine parts of a study.
        plugins: those that they need.
        mark: what has been left in the shared place, if there is one.
    """

    configs: Sequence[ExperimentConfig]
    plugins: Sequence[str]
    mark: str = ""

    def carried(self) -> Sequence[Path]:
        """The files that a machine without this disk needs."""
        return travel.carried(self.configs, self.plugins)

    def relocated(self, places: Mapping[Path, Path]) -> NodeRequest:
        """The same request where its files lie elsewhere."""
        configs = [travel.relocated_config(config, places) for config in self.configs]
        return replace(self, configs=configs, plugins=travel.relocated_plugins(self.plugins, places))


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node has.

    Attributes:
        stamps: the environment that each config would run in there.
        fingerprints: of the data of each config.
        versions: of the libraries and plugins that they compute with.
        free_memory: bytes of main memory that processes may still take; None if unknown.
    """

    stamps: Sequence[Stamp]
    fingerprints: Sequence[str]
    versions: Mapping[str, str]
    free_memory: float | None


def look(on_progress: OnProgress, request: NodeRequest) -> NodeFacts:  # noqa: ARG001
    """What this node has. Nothing is decoded.

    Raises MdfError for data, a component or a device that it has not, or if it does not reach the shared place.
    """
    from mdf.data.open import open_all
    from mdf.engine import runtime as machine
    from mdf.registry import Catalog
    from mdf.study.costs.memory_fit import Memory
    from mdf.study.identity import TRIAL, modules_used, versions_of
    from mdf.study.survey import components_of

    place = shared_place()
    if place is not None and request.mark:
        place.check_mark(request.mark)
    catalog = Catalog.discover(request.plugins)
    stamps = [machine.resolve(config).stamp() for config in request.configs]
    opened: dict[str, str] = {}
    fingerprints = []
    for config in request.configs:
        key = repr((config.data, config.extra_train, config.eval_data, config.skip_bad))
        if key not in opened:
            opened[key] = open_all(config, catalog).fingerprint()
        fingerprints.append(opened[key])
    offers = [offer for config in request.configs for offer in components_of(config, catalog)]
    return NodeFacts(stamps, fingerprints, versions_of(modules_used([TRIAL], offers), offers), Memory.now().free)
