"""`mdf runs`: what has been run, and what it takes on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from mdf.api import Removal
    from mdf.cli.session import Session

runs_option = click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")


@click.group(cls=LazyGroup)
def runs() -> None:
    """List, show, pack and remove what has been run."""


@runs.command("list")
@click.option("--study", metavar="STUDY", help="Only runs of this study: its name, the start of that, or `latest`.")
@click.option("--status", metavar="STATUS,…", help="Only runs that ended so: ok, failed, oom, diverged, …")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@runs_option
def list_command(runs: str, study: str | None, status: str | None, as_json: bool) -> None:
    """List every run that has ended, the newest first.

    If a run has several attempts, the last good one counts, or else the last.
    """
    from mdf import api
    from mdf.cli.tables.runs import print_runs

    listing = api.list_runs(study=study, status=status, runs=runs)
    for damage in listing.damaged:
        click.echo(f"warning: {damage}", err=True)
    if listing.runs or as_json:
        print_runs(listing.runs, as_json)
    else:
        click.echo(f"there is no such run in {runs}" if study or status else f"there is no run in {runs} yet", err=True)


@runs.command()
@click.argument("run")
@runs_option
def show(run: str, runs: str) -> None:
    """Print how RUN ended (its folder, the start of its id, or `latest`) and the configuration that repeats it."""
    from mdf import api
    from mdf.cli.tables.runs import print_run

    print_run(api.show_run(run, runs=runs))


@runs.command()
@click.argument("run", nargs=-1)
@click.option("--study", multiple=True, metavar="STUDY", help="Remove this study with all runs in its folder.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@runs_option
def rm(run: tuple[str, ...], study: tuple[str, ...], runs: str, yes: bool) -> None:
    """Remove each RUN with all of its attempts and files; `ID.2` means its second attempt alone."""
    from mdf import api

    if not run and not study:
        raise click.UsageError("name a RUN to remove, or a `--study`")
    for removal in api.find_removals(run, study=study, runs=runs):
        if yes or _agreed(removal):
            for folder in api.remove_runs(removal):
                click.echo(f"removed {folder}")


def _agreed(removal: Removal) -> bool:
    """Ask, and name other studies that use these runs."""
    from mdf import api

    others = api.studies_using(removal)
    shared = f" (used by {' and '.join(others)} too)" if others else ""
    return click.confirm(f"remove {' and '.join(map(str, removal.folders))}{shared}?", err=True)


@runs.command()
@click.argument("run", default="latest")
@click.option("--out", default="", metavar="FILE", help="The file: NAME.safetensors; by default the run's id.")
@click.option("--recipe", default="", metavar="TEXT", help="What it was trained by; stored in the file's header.")
@click.option("--half", is_flag=True, help="Store kernels as float16, in half the space.")
@click.option("--calibrate", is_flag=True, help="Fit temperature and threshold again, on the run's validation split.")
@runs_option
@click.pass_obj
def pack(session: Session, run: str, out: str, recipe: str, half: bool, calibrate: bool, runs: str) -> None:
    """Write the network of RUN (its folder, the start of its id, or `latest`) as one file to keep or to send.

    Every command takes the file in place of a run: `mdf predict FILE …`.
    """
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        packed = api.pack_run(
            run,
            out,
            recipe=recipe,
            half=half,
            calibrate=calibrate,
            runs=runs,
            plugins=session.plugins,
            observer=observer,
        )
    click.echo(packed.file)
    click.echo(f"{packed.size / 1e6:.2f} MB, of the run {packed.run}", err=True)


@runs.command()
@runs_option
def size(runs: str) -> None:
    """Print the size of every study on disk, the largest first."""
    from mdf import api

    studies = api.study_sizes(runs=runs)
    for study in studies:
        click.echo(f"{study.size / 1e6:10.1f} MB  {study.name}")
    click.echo(f"{sum(study.size for study in studies) / 1e6:10.1f} MB  in all")
