"""`mdf report`: a study as one page to send, and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("study", default="latest")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--out", metavar="FOLDER", help="Where to write; by default the study's own folder.")
@click.option("--pictures/--no-pictures", default=True, help="Whether the trained models predict the test frames.")
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, besides writing it.")
@click.pass_obj
def report(session: Session, study: str, runs: str, out: str | None, pictures: bool, show: bool, as_json: bool) -> None:
    """Write STUDY (its folder, name, the start of that, or `latest`) as HTML, CSV, JSON and Markdown.

    The page works offline. It shows results with intervals, verdicts, plots, the masks and depths that each
    configuration predicts on the same frames, the commands that repeat each run, and failures.
    """
    from mdf import api
    from mdf.cli.as_json import print_json
    from mdf.cli.progress import watching

    with watching() as observer:
        written = api.write_report(
            study, runs=runs, out=out, pictures=pictures, plugins=session.plugins, observer=observer
        )
    if as_json:
        print_json(written.report.to_dict())
    for file in written.files:
        click.echo(str(file), err=as_json)
    if written.report.incomplete:
        click.echo(written.report.incomplete, err=True)
    if show:
        click.launch(str(written.page))
