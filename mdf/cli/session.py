"""What the options before the subcommand decide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Session:
    """One run of the command line: `click.pass_obj` hands it to every subcommand."""

    debug: bool = False
    plugins: tuple[str, ...] = ()
