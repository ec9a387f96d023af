"""`mdf runs`: what has been run, and what it takes on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mdf.cli.lazy import LazyGroup

runs_option = click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where runs are kept.")


@click.group(cls=LazyGroup)
def runs() -> None:
    """See, and remove, what has been run."""


@runs.command("list")
@click.option("--study", metavar="STUDY", help="Only those of this study: its name, the start of that, or `latest`.")
@click.option("--status", metavar="STATUS,…", help="Only those that ended so: ok, failed, oom, diverged, …")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@runs_option
def list_command(runs: str, study: str | None, status: str | None, as_json: bool) -> None:
    """List every run that has ended, the last one first.

    Of one with several attempts it is the last that ended well, else the last.
    """
    from mdf.cli.tables.runs import print_runs
    from mdf.runs.attempts import read_statuses
    from mdf.study.store.listing import list_runs

    found = list_runs(Path(runs), study, read_statuses(status) if status is not None else None)
    for damage in found.damaged:
        click.echo(f"warning: {damage}", err=True)
    if found.runs or as_json:
        print_runs(found.runs, as_json)
    else:
        click.echo(f"there is no such run in {runs}" if study or status else f"there is no run in {runs} yet", err=True)


@runs.command()
@click.argument("run")
@runs_option
def show(run: str, runs: str) -> None:
    """Print how RUN ended (its folder, the start of its id, or `latest`) and the configuration that runs it again."""
    from mdf.cli.tables.runs import print_run
    from mdf.runs.find import find_run

    print_run(find_run(run, Path(runs)))


@runs.command()
@click.argument("run", nargs=-1)
@click.option("--study", multiple=True, metavar="STUDY", help="Remove this study with all runs in its folder.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@runs_option
def rm(run: tuple[str, ...], study: tuple[str, ...], runs: str, yes: bool) -> None:
    """Remove each RUN with all of its attempts and files; `ID.2` means its second attempt alone."""
    from mdf.runs import find, remove, studies
    from mdf.study.store.store import open_store

    if not run and not study:
        raise click.UsageError("name a RUN to remove, or a `--study`")
    folder = Path(runs)
    for named in [find.find_attempts(text, folder) for text in run]:
        attempts = [path for path in named if path.is_dir()]  # one may be named twice
        if attempts and (yes or _agreed(attempts, attempts[0].parent, attempts)):
            remove.remove_runs(attempts)
            _say_removed(attempts)
    for found in dict.fromkeys(studies.find_study(text, folder) for text in study):
        if yes or _agreed([found], found, list(found.iterdir())):
            remove.remove_study(found)
            _say_removed([found])
    open_store(folder)  # which drops the rows of what is gone


def _agreed(folders: Sequence[Path], study: Path, attempts: Sequence[Path]) -> bool:
    """Ask, naming the studies beside `study` that share one of the `attempts`, and would have to run it again."""
    from mdf.runs.attempts import trial_of
    from mdf.runs.studies import users_of

    others = [name for name in users_of({trial_of(path) for path in attempts}, study.parent) if name != study.name]
    shared = f" (used by {' and '.join(others)} too)" if others else ""
    return click.confirm(f"remove {' and '.join(map(str, folders))}{shared}?", err=True)


def _say_removed(folders: Sequence[Path]) -> None:
    for folder in folders:
        click.echo(f"removed {folder}")


@runs.command()
@runs_option
def size(runs: str) -> None:
    """Print what every study takes on the disk, the largest first."""
    studies = [folder for folder in Path(runs).glob("*") if folder.is_dir()]
    sizes = {f: sum(p.stat().st_size for p in f.rglob("*") if p.is_file()) for f in studies}
    for folder, count in sorted(sizes.items(), key=lambda item: -item[1]):
        click.echo(f"{count / 1e6:10.1f} MB  {folder.name}")
    click.echo(f"{sum(sizes.values()) / 1e6:10.1f} MB  in all")
