"""`mdf runs`: what has been run, and what it takes on the disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

runs_option = click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where runs are kept.")


@click.group()
def runs() -> None:
    """See, and remove, what has been run."""


@runs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@runs_option
def list_command(runs: str, as_json: bool) -> None:
    """List every trial that has ended, the last one first."""
    from mdf.cli.text_table import print_table
    from mdf.study import attempts, results

    found = [results.load(folder) for folder in attempts.all_ended(Path(runs))]
    if as_json:
        plain = [{"id": r.id, "label": r.label, "status": r.status, "scores": dict(r.scores)} for r in found]
        click.echo(json.dumps(plain, indent=1, ensure_ascii=False))
        return
    rows = [[r.id, Path(r.folder).parent.name, r.status, r.label] for r in found]
    if rows:
        print_table(["id", "study", "status", "configuration"], rows)
    else:
        click.echo(f"there is no run in {runs} yet", err=True)


@runs.command()
@click.argument("run")
@runs_option
def show(run: str, runs: str) -> None:
    """Print how RUN ended (its folder, the start of its id, or `latest`) and the configuration that runs it again."""
    from mdf.study import find, results

    folder = find.find_run(run, Path(runs))
    result = results.load(folder)
    click.echo(f"{result.id}  {result.label}  {result.status}  {folder}")
    if not result.ok:
        click.echo(f"  {result.reason}")
    for key, value in {**result.scores, **result.costs}.items():
        click.echo(f"  {key} = {value:.6g}")
    click.echo("\n" + (folder / "config.toml").read_text(encoding="utf-8").rstrip())


@runs.command()
@click.argument("run", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Remove without asking.")
@runs_option
def rm(run: tuple[str, ...], runs: str, yes: bool) -> None:
    """Remove each RUN with all of its files."""
    from mdf.study import find, results

    folders = [find.find_run(text, Path(runs)) for text in run]
    for folder in folders:
        if yes or click.confirm(f"remove {folder}?", err=True):
            (folder / results.RESULT).unlink()  # first: what is half removed is no run
            shutil.rmtree(folder)
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
