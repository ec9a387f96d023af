"""`mdf plan`: parse, call `mdf.api`, print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.experiment import Option, experiment_options, keywords_of, model_option

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@experiment_options(repeatable=True)
@click.option("--predictor", multiple=True, metavar="NAME", help="Whole method to compare with; it trains no network.")
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.pass_obj
def plan(session: Session, /, as_json: bool, **options: Option) -> int:
    """Estimate what a benchmark of the same options will take: parameters, arithmetic, memory, time.

    Trains nothing. Memory is that of a training step, computed on tensors without data; time is estimated from small
    steps.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.plan import print_plan

    request = api.StudyRequest.of(keywords_of(options) | {"plugins": session.plugins})
    with watching() as observer:
        planned = api.plan(request, observer=observer)
    print_plan(planned, as_json)
    return 0
