"""`mdf data`: look at data before training on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from mdf.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from mdf.api import DataCheck, DataInfo
    from mdf.cli.session import Session

settings_option = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the data set: data.style=mixed."
)


@click.group(cls=LazyGroup)
def data() -> None:
    """Look at data before training on it."""


@data.command()
@click.argument("dataset")
@click.option("--count", type=click.IntRange(1, 200), default=12, show_default=True, help="Number of samples.")
@click.option("--out", default="samples.png", show_default=True, metavar="FILE", help="The picture to write (PNG).")
@settings_option
@click.pass_obj
def show(session: Session, dataset: str, count: int, out: str, settings: tuple[str, ...]) -> int:
    """Draw samples of DATASET (scenes, cdnet:PATH, …): both images and every target."""
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        picture = api.show_data(
            dataset, out, count=count, settings=settings, plugins=session.plugins, observer=observer
        )
    for task in picture.not_drawn:
        click.echo(f"note: no head on offer knows the task `{task}`: it is not drawn", err=True)
    click.echo(f"{out}: {len(picture.samples)} samples, {', '.join(picture.columns)}")
    for sample in picture.samples:
        click.echo(f"  {sample.id}  {sample.scene}  {' '.join(sample.tags)}".rstrip())
    return 0


@data.command()
@click.argument("dataset")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def info(session: Session, dataset: str, settings: tuple[str, ...], as_json: bool) -> int:
    """Describe DATASET: counts, sizes, splits, and statistics of its targets."""
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.data import info_lines

    with watching() as observer:
        found = api.describe_data(dataset, settings=settings, plugins=session.plugins, observer=observer)
    _print(found, info_lines(found), as_json)
    return 0


@data.command()
@click.argument("dataset")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every finding.")
@click.pass_obj
def check(session: Session, dataset: str, settings: tuple[str, ...], as_json: bool) -> int:
    """Read every sample of DATASET and report what is wrong, with the cure.

    Finds files that cannot be read, wrong sizes and values, duplicates, and what training and test share. The exit
    code is 1 if there are errors.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.data import check_lines

    with watching() as observer:
        found = api.check_data(dataset, settings=settings, plugins=session.plugins, observer=observer)
    _print(found, check_lines(found), as_json)
    return 1 if found.errors else 0


def _print(found: DataInfo | DataCheck, lines: Iterable[str], as_json: bool) -> None:
    if as_json:
        from mdf.cli.as_json import print_json

        print_json(found)
        return
    for line in lines:
        click.echo(line)
