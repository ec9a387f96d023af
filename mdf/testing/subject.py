"""The component under test, and how it is built anew for each check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from mdf.core.grammar import Reference
from mdf.registry import Catalog, Offer
from mdf.registry.component import load_class, validate
from mdf.testing.sizes import COST_ONLY_SIZES, SIZES, Size

if TYPE_CHECKING:
    from mdf.core.component import ComponentConfig
    from mdf.testing.worker import Worker


@dataclass
class Subject:
    """One component: who offers it, its reference with the variant, its options.

    `worker` is the other process in which some checks build it.
    """

    catalog: Catalog
    offer: Offer
    reference: str
    options: Mapping[str, object]
    worker: Worker

    @property
    def kind(self) -> str:
        """Its kind, e.g. `encoder`."""
        return self.offer.kind

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks its line declares; empty = any."""
        return self.offer.spec.tasks

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The image sizes that it is tried at."""
        return COST_ONLY_SIZES if self.offer.spec.cost_only else SIZES

    @property
    def full_reference(self) -> str:
        """The reference that means this offer and no other."""
        reference = Reference.parse(self.reference)
        return str(Reference(reference.name, reference.variant, self.offer.owner))

    @cached_property
    def found_class(self) -> type[Any]:
        """Its class."""
        return load_class(self.offer)

    @cached_property
    def config(self) -> ComponentConfig:
        """Its validated options."""
        return validate(self.offer, self.options, self.kind)

    def for_size(self, size: Size) -> Subject:
        """The same with an encoder's options filled in, as an experiment at that image size does."""
        if self.kind != "encoder":
            return self
        variant = Reference.parse(self.reference).variant
        fitted: ComponentConfig = self.found_class.adapt_config(self.config, variant, size, None)
        return self if fitted == self.config else replace(self, options=fitted.model_dump())

    def create(self, *arguments: object, seed: int = 0) -> Any:
        """A fresh one; the same `seed` gives the same parameters."""
        torch.manual_seed(seed)
        return self.catalog.create(self.kind, self.full_reference, self.config, *arguments)
