"""`mdf plan`: parse, call `mdf.api`, print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mdf.cli.experiment import experiment_options, keys_of

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@experiment_options(repeatable=True)
@click.option("--predictor", multiple=True, metavar="NAME", help="Whole method to compare with; it trains no network.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.pass_obj
def plan(session: Session, /, predictor: tuple[str, ...], runs: str, as_json: bool, **options: Any) -> int:
    """What a benchmark of the same options will take: parameters, arithmetic, memory, time. Trains nothing.

    Memory is that of a training step, found by going through it with tensors that have no bytes; time is estimated
    from small steps.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.plan import print_plan

    with watching() as observer:
        planned = api.plan(
            runs=runs, observer=observer, predictor=predictor or None, plugins=session.plugins, **keys_of(options)
        )
    print_plan(planned, as_json)
    return 0
