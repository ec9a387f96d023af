"""What the options before the subcommand decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.registry import Catalog


@dataclass
class Session:
    """One run of the command line: `click.pass_obj` hands it to every subcommand."""

    debug: bool = False
    plugins: tuple[str, ...] = ()

    def catalog(self) -> Catalog:
        """What is on offer; a plugin that was asked for and fails, or that is left out and not there, is told on
        stderr at once."""
        from mdf.registry import Catalog

        catalog = Catalog.discover(self.plugins)
        for fault in catalog.faults:
            if not fault.distribution:
                click.echo(f"warning: {fault.description} could not be used: {fault.error}", err=True)
        for notice in catalog.discovered.notices:
            click.echo(f"warning: {notice.line}", err=True)
        return catalog
