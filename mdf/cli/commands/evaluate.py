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
@click.option("--threads", type=click.IntRange(1), metavar="N", help="CPU threads; by default as trained.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the data set: data.size=97.")
@click.option("--skip-bad", is_flag=True, help="Leave out samples that cannot be read.")
@click.option("--background-depth", metavar="FILE", help="Depth of the empty scene, of data of one camera.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def evaluate(
    session: Session,
    run: str,
    data: str | None,
    by: str | None,
    size: str | None,
    threads: int | None,
    settings: tuple[str, ...],
    skip_bad: bool,
    background_depth: str | None,
    runs: str,
    as_json: bool,
) -> int:
    """Score RUN's model at the data set's own resolution.

    RUN is a model that comes with mdf (`mdf-base`), a run's folder, the start of its id, `latest`, or a packed file.
    """
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        scored = api.evaluate(
            run,
            data=data,
            by_tag=by == "tag",
            size=size,
            threads=threads,
            settings=settings,
            skip_bad=skip_bad,
            background_depth=background_depth,
            runs=runs,
            plugins=session.plugins,
            observer=observer,
        )
    if as_json:
        from mdf.cli.as_json import print_json

        print_json(scored)
        return 0
    from mdf.cli.tables.plain import print_table

    rows = [
        [
            group.group,
            str(group.samples),
            *(f"{group.scores[c.key]:.3f}" if c.key in group.scores else "–" for c in scored.columns),
        ]
        for group in scored.groups
    ]
    print_table(["", "samples", *(column.title for column in scored.columns)], rows)
    click.echo(f"{scored.run} on {scored.data}, {scored.split} samples", err=True)
    return 0
