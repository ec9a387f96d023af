"""The `mdf` command. Importing it, and `mdf --help`, import nothing heavier than click."""

from __future__ import annotations

from collections.abc import Sequence

import click

import mdf
from mdf.cli.errors import finish
from mdf.cli.errors import report as told
from mdf.cli.lazy import LazyGroup
from mdf.cli.session import Session

COMMANDS = {
    "benchmark": (
        "mdf.cli.commands.benchmark:benchmark",
        "Compare configurations: accuracy, size and speed, in one table.",
    ),
    "compare": ("mdf.cli.commands.compare:compare", "Which configuration of a study is better, by how much, how sure."),
    "data": ("mdf.cli.commands.data:data", "Look at data before trusting them."),
    "evaluate": ("mdf.cli.commands.evaluate:evaluate", "Scores of a trained model on a data set, by condition too."),
    "predict": ("mdf.cli.commands.predict:predict", "Masks and depths of your images or video, by a trained model."),
    "report": (
        "mdf.cli.commands.report:report",
        "A study as one page to send, with plots and pictures; CSV, JSON, Markdown.",
    ),
    "train": ("mdf.cli.commands.train:train", "Train one model, score it, and tell where its weights are."),
    "runs": ("mdf.cli.commands.runs:runs", "See, and remove, what has been run."),
    "plan": ("mdf.cli.commands.plan:plan", "What a benchmark will take: parameters, memory, time; trains nothing."),
    "plugins": ("mdf.cli.commands.plugins:plugins", "See what is on offer, and which plugins fail."),
}
"""Subcommands by name: where each lives, and its line in `mdf --help`."""


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
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
    """Run a command line; the exit code: 0, 1 (it failed), 2 (a mistake in what was asked), 130 (Ctrl-C)."""
    session = Session()
    try:
        code = mdf_group.main(args, "mdf", standalone_mode=False, obj=session)
        return finish(code if isinstance(code, int) else 0)
    except (Exception, KeyboardInterrupt) as error:
        return finish(told(error, debug=session.debug))
