"""The `mdf` command. Importing it, and `mdf --help`, import nothing heavier than click."""

from __future__ import annotations

from collections.abc import Sequence

import click

import mdf
from mdf.cli.errors import finish, report
from mdf.cli.lazy import lazy_group
from mdf.cli.session import Session

COMMANDS = {
    name: (f"mdf.cli.commands.{name}:{name}", line)
    for name, line in {
        "adapt": "Train a model a little more for your own camera, without labels.",
        "benchmark": "Compare configurations: accuracy, size and speed, in one table.",
        "compare": "Decide which configuration of a study is better, by how much, and how certain that is.",
        "data": "Look at data before training on it.",
        "evaluate": "Score a trained model on a data set, also by condition.",
        "export": "Write a trained network for other runtimes, and check that it computes the same there.",
        "plan": "Estimate what a benchmark will take: parameters, memory, time. Trains nothing.",
        "plugins": "List what is on offer, and find plugins that fail.",
        "predict": "Write the masks and depths that a trained model predicts for images or a video.",
        "report": "Write a study as one page to send, with plots and pictures, and as CSV, JSON and Markdown.",
        "runs": "List, show, pack and remove what has been run.",
        "train": "Train one model, score it, and print where its weights are.",
        "watch": "Watch cameras, streams and files with a trained model, and tell what happens.",
    }.items()
}
"""Subcommands by name: the function, and the line in `mdf --help`."""


@click.group(cls=lazy_group(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(mdf.__version__, message="mdf %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "-p",
    "--plugin",
    "plugins",
    multiple=True,
    metavar="PLUGIN",
    help="Use a plugin that is not installed: a file.py or a package.module. Repeatable.",
)
@click.pass_obj
def mdf_group(session: Session, debug: bool, plugins: tuple[str, ...]) -> None:
    """Mask & Depth Framework: which network tells you best, fastest and cheapest what moved in front of a
    fixed camera, and how far away it is."""
    session.debug = debug
    session.plugins = plugins


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code: 0, 1 (it failed), 2 (a mistake in what was asked) or 130 (Ctrl-C)."""
    session = Session()
    try:
        code = mdf_group.main(args, "mdf", standalone_mode=False, obj=session)
        return finish(code if isinstance(code, int) else 0)
    except (Exception, KeyboardInterrupt) as error:
        return finish(report(error, debug=session.debug))
