"""Tries every component on offer as far as it goes without data: its class and its default config. Imports torch."""

from __future__ import annotations

from mdf.core.errors import MdfError
from mdf.core.spec import KINDS
from mdf.registry.catalog import Catalog
from mdf.registry.component import MissingExtraError, load_class, validate
from mdf.registry.kinds import base_class
from mdf.registry.origin import Fault, Notice, Offer, Origin, Stage
from mdf.registry.reasons import fault_of


def examine(catalog: Catalog) -> tuple[list[Fault], list[Notice]]:
    """Everything that is wrong: the catalog's own faults and notices, and those of classes and default configs.

    A missing optional extra is only a notice: nobody has asked for that component yet.
    """
    faults, notices = list(catalog.faults), list(catalog.notices)
    try:
        base_class(KINDS[0])
    except MdfError as error:  # importing torch again for every component would crash Python
        return [*faults, fault_of(Origin("torch", "torch", ""), "build", error)], notices
    for offer in catalog:
        problem = _examine_one(offer)
        if isinstance(problem, Notice):
            notices.append(problem)
        elif problem:
            faults.append(problem)
    return faults, notices


def _examine_one(offer: Offer) -> Fault | Notice | None:
    stage: Stage = "build"
    try:
        load_class(offer)
        stage = "config"
        validate(offer, {}, offer.kind)
    except MissingExtraError as error:
        return Notice(offer.plugin, offer.distribution, offer.version, "extra", error.message, error.hint)
    except MdfError as error:
        return fault_of(offer, stage, error)
    return None
