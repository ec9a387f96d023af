"""`mdf data`: look at data before trusting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.group()
def data() -> None:
    """Look at data before trusting them."""


@data.command()
@click.argument("dataset")
@click.option("--count", type=click.IntRange(1, 200), default=12, show_default=True, help="How many samples.")
@click.option("--out", default="samples.png", show_default=True, metavar="FILE", help="The picture to write (PNG).")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the data set: data.style=mixed.")
@click.pass_obj
def show(session: Session, dataset: str, count: int, out: str, settings: tuple[str, ...]) -> int:
    """Draw samples of DATASET (scenes, cdnet:PATH, …): both images and every target."""
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        found = api.show_data(dataset, out, count=count, settings=settings, plugins=session.plugins, observer=observer)
    for task in found["not_drawn"]:
        click.echo(f"note: no head on offer knows the task `{task}`: it is not drawn", err=True)
    click.echo(f"{out}: {len(found['ids'])} samples, {', '.join(found['columns'])}")
    for sample, scene, tags in zip(found["ids"], found["scenes"], found["tags"], strict=True):
        click.echo(f"  {sample}  {scene}  {' '.join(tags)}".rstrip())
    return 0
