"""The component under test, and how it is built again for each check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

import torch

from mdf.core.grammar import Reference
from mdf.registry import Catalog, Offer
from mdf.registry.component import load_class, validate
from mdf.testing.inputs.sizes import COST_ONLY_SIZES, SIZES, Size

if TYPE_CHECKING:
    from mdf.core.component import ComponentConfig
    from mdf.core.plain import Table
    from mdf.registry.kinds import AnyComponent, Argument
    from mdf.testing.worker import Worker

C_co = TypeVar("C_co", bound="AnyComponent", covariant=True)


@dataclass(frozen=True)
class Subject(Generic[C_co]):
    """One component of the kind `C_co`.

    Attributes:
        catalog: where it and its partners are looked up.
        offer: who offers it.
        reference: how it was asked for, with its variant.
        options: its options, not validated yet.
        worker: the other process in which some checks build it.
    """

    catalog: Catalog
    offer: Offer
    reference: str
    options: Table
    worker: Worker

    @property
    def kind(self) -> str:
        """Its kind, e.g. `encoder`."""
        return self.offer.kind

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that its line declares; empty = any."""
        return self.offer.spec.tasks

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The image sizes (height, width) that it is tried at."""
        return COST_ONLY_SIZES if self.offer.spec.cost_only else SIZES

    @property
    def full_reference(self) -> str:
        """The reference that means this offer and no other."""
        reference = Reference.parse(self.reference)
        return str(Reference(reference.name, reference.variant, self.offer.owner))

    @cached_property
    def component_class(self) -> type[C_co]:
        """Its class."""
        return cast("type[C_co]", load_class(self.offer))

    @cached_property
    def config(self) -> ComponentConfig:
        """Its validated options."""
        return validate(self.offer, self.options, self.kind)

    def with_options(self, options: Table) -> Subject[C_co]:
        """The same component with other options."""
        return replace(self, options=options)

    def create(self, *arguments: Argument, seed: int = 0) -> C_co:
        """Build it. The same `seed` gives the same parameters."""
        torch.manual_seed(seed)
        return cast("C_co", self.catalog.create(self.kind, self.full_reference, self.config, *arguments))


AnySubject: TypeAlias = Subject["AnyComponent"]
"""A component of any kind under test."""
