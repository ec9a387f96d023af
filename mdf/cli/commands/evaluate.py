"""`mdf evaluate`: a trained model's scores on a data set, as a whole and by condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("run")
@click.option(
    "--data", metavar="NAME[:PATH]", help="Data set to score on, all of it; by default the run's own test split."
)
@click.option(
    "--by", type=click.Choice(["tag"]), help="Also one row per condition, and for seen and unseen backgrounds."
)
@click.option("--size", metavar="SIZE", help="Size of the network's images: 224 or 240x320; by default as trained.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the data set: data.size=97.")
@click.option("--skip-bad", is_flag=True, help="Leave out samples that cannot be read.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def evaluate(
    session: Session,
    run: str,
    data: str | None,
    by: str | None,
    size: str | None,
    settings: tuple[str, ...],
    skip_bad: bool,
    runs: str,
    as_json: bool,
) -> int:
    """Score RUN's model (its folder, the start of its id, or `latest`) at the data set's own resolution."""
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        found = api.evaluate(
            run,
            data=data,
            by_tag=by == "tag",
            size=size,
            settings=settings,
            skip_bad=skip_bad,
            runs=runs,
            plugins=session.plugins,
            observer=observer,
        )
    if as_json:
        from mdf.cli.as_json import print_json

        print_json(found)
        return 0
    from mdf.cli.tables.plain import print_table

    rows = [
        [
            g.group,
            str(g.samples),
            *(f"{g.scores[c['key']]:.3f}" if c["key"] in g.scores else "–" for c in found["columns"]),
        ]
        for g in found["groups"]
    ]
    print_table(["", "samples", *(c["title"] for c in found["columns"])], rows)
    click.echo(f"{found['run']} on {found['data']}, {found['split']} samples", err=True)
    return 0
