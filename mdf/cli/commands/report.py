"""`mdf report`: a study as one page to send, and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("study", default="latest")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where results are kept.")
@click.option("--out", metavar="FOLDER", help="Where to write it; by default the study's own folder.")
@click.option("--pictures/--no-pictures", default=True, help="Whether the trained models draw the test frames again.")
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, besides writing it.")
@click.pass_obj
def report(session: Session, study: str, runs: str, out: str | None, pictures: bool, show: bool, as_json: bool) -> None:
    """Write STUDY (its folder, name, the start of that, or `latest`) as HTML, CSV, JSON and Markdown.

    The page needs no network: results with intervals, verdicts, plots, every configuration's masks and depths of the
    same frames, configurations with the commands that run them again, and what failed.
    """
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        found, files = api.report(
            study, runs=runs, out=out, pictures=pictures, plugins=session.plugins, observer=observer
        )
    if as_json:
        import json

        click.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))
    for file in files:
        click.echo(str(file), err=as_json)
    if found.incomplete:
        click.echo(found.incomplete, err=True)
    if show:
        click.launch(str(files[-1]))
