"""`mdf evaluate`: a trained model's scores on a data set, as a whole and by condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("run")
@click.option("--data", metavar="NAME[:PATH]", help="Score every sample of it; by default the run's own test split.")
@click.option("--by", type=click.Choice(["tag"]), help="One row for each condition, seen and unseen backgrounds too.")
@click.option("--size", metavar="SIZE", help="The network's images: 224 or 240x320; by default as it was trained.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="CPU threads; by default as it was trained.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the data set: data.size=97.")
@click.option("--skip-bad", is_flag=True, help="Go on without the samples that cannot be read.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where runs are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_obj
def evaluate(session: Session, /, run: str, by: str | None, as_json: bool, **options: Any) -> int:
    """Score RUN's model (its folder, the start of its id, or `latest`) at the data set's own resolution."""
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        found = api.evaluate(run, by_tag=by == "tag", plugins=session.plugins, observer=observer, **options)
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False))
        return 0
    from mdf.cli.tables.plain import print_table

    rows = [
        [
            g.group,
            str(g.samples),
            *(f"{g.scores[c.key]:.3f}" if c.key in g.scores else "–" for c in found.columns),
        ]
        for g in found.groups
    ]
    print_table(["", "samples", *(c.title for c in found.columns)], rows)
    click.echo(f"{found.run} on {found.data}, {found.split} samples", err=True)
    return 0
