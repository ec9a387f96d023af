"""`mdf compare`: the verdict on a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("study", default="latest")
@click.argument("rows", nargs=-1, metavar="[A B]...")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.pass_obj
def compare(session: Session, study: str, rows: tuple[str, ...], runs: str, as_json: bool) -> None:
    """Decide which configuration of STUDY (its folder, its name or the start of it, or `latest`) is better.

    All configurations are compared in pairs, or only A, B, … (a label, or a part of it). Both of a pair are compared
    on the same test images, by their stored results: no model predicts again.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.comparisons import print_comparisons

    if len(rows) == 1:
        raise click.UsageError("name two configurations or more after the study, or none for all")
    with watching() as observer:
        report = api.compare(study, *rows, runs=runs, plugins=session.plugins, observer=observer)
    print_comparisons(report, as_json)
    if report.incomplete:
        click.echo(report.incomplete, err=True)
