"""The options that say what to train: one list, for every command that takes an experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., int])

Option = str | int | float | bool | tuple[str | int, ...] | None
"""The value of an option; None or an empty tuple if it is not given."""

AXES: Mapping[str, tuple[str, str]] = {
    "encoder": ("NAME", "Encoder, e.g. unet or resnet18."),
    "fusion": ("NAME", "How background and frame are combined."),
    "decoder": ("NAME", "Decoder."),
    "loss": ("LOSS", "l1, mask=bce,depth=l1 or bce+0.5*l1."),
    "schedule": ("NAME", "Which task is trained when."),
    "balance": ("NAME", "How the tasks are weighted."),
    "teacher": (
        "RUN",
        "Also learn from RUN's network (0.5*RUN: with half the weight of the truth), or `none`.",
    ),
    "size": ("SIZE", "Size of images: 64 or 240x320 (height x width)."),
    "seed": ("N", "Random seed."),
}
"""Options that become an axis of the grid if they may be repeated: what each takes, and its help."""

SHARED = (
    click.option("--data", metavar="NAME[:PATH]", help="Data set: scenes, cdnet:PATH, …"),
    click.option("--extra-train", multiple=True, metavar="NAME[:PATH]", help="More training data. Repeatable."),
    click.option("--eval-data", multiple=True, metavar="NAME[:PATH]", help="More data to score on. Repeatable."),
    click.option("--skip-bad", is_flag=True, default=None, help="Leave out samples that cannot be read."),
    click.option("--heads", metavar="TASKS", help="Tasks to predict, e.g. mask,depth."),
    click.option("--steps", type=int, metavar="N", help="Optimiser steps of each trial."),
    click.option("--epochs", type=float, metavar="N", help="Passes over the training data, instead of steps."),
    click.option("--batch-size", type=int, metavar="N", help="Samples per step."),
    click.option(
        "--init",
        metavar="RUN",
        help="Start from the weights of RUN: mdf-base, a folder, an id, a packed file, or `latest`.",
    ),
    click.option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps."),
    click.option("--threads", type=int, metavar="N", help="CPU threads of a trial; by default its share of the cores."),
    click.option("--precision", metavar="KIND", help="auto, fp32 or bf16."),
    click.option("--config", metavar="FILE", help="TOML file with keys of an experiment, and a [grid] table of axes."),
    click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override any key: encoder.width=32."),
    click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results."),
)

SEVERAL = (
    click.option("--seeds", type=click.IntRange(1), metavar="N", help="Run seeds 0 to N-1, to show the spread."),
    click.option("--single-task", is_flag=True, default=None, help="Add each network's single-task baselines, and Δm."),
)
"""For commands that compare configurations."""

model_option = click.option(
    "--model", multiple=True, metavar="NAME|RUN", help="Trained network to score as it is: mdf-base, a run, a file."
)

logger_option = click.option(
    "--logger", "loggers", multiple=True, metavar="NAME", help="Also log to: tensorboard, mlflow. Repeatable."
)


def cluster_options(what_runs: str, begun: str) -> Callable[[Command], Command]:
    """Give a command the options that say where trials run. The words are for their help: "it runs", and "it" is begun
    again."""

    def with_options(command: Command) -> Command:
        command = click.option(
            "--tries",
            type=click.IntRange(1),
            default=4,
            show_default=True,
            metavar="N",
            help=f"Times that {begun} is begun, at most, if its node of the cluster is lost.",
        )(command)
        command = click.option(
            "--shared", default="", metavar="PLACE", help="Folder or URL that all nodes of the cluster reach."
        )(command)
        return click.option(
            "--executor",
            default="local",
            show_default=True,
            metavar="WHERE",
            help=f"Where {what_runs}: local, ray (this machine's cluster) or ray://HEAD:10001.",
        )(command)

    return with_options


def experiment_options(repeatable: bool) -> Callable[[Command], Command]:
    """Give a command the options of an experiment.

    If they are not `repeatable`, an option that is given twice reaches the API as an axis, which refuses it: click
    would silently take the last value.
    """
    more = " Repeat to compare." if repeatable else ""
    axes = [
        click.option(
            f"--{name}", multiple=True, type=int if name == "seed" else None, metavar=what, help=f"{help_}{more}"
        )
        for name, (what, help_) in AXES.items()
    ]

    several = SEVERAL if repeatable else ()

    def with_options(command: Command) -> Command:
        for option in reversed([*axes, *several, *SHARED]):
            command = option(command)
        return command

    return with_options


def keywords_of(options: Mapping[str, Option]) -> dict[str, Option | list[str | int]]:
    """The options as keywords of the API: an axis given once is a value, several times a list of values.

    Options that were not given are left out.
    """
    return {key: _axis(key, value) for key, value in options.items() if value is not None and value != ()}


def _axis(key: str, value: Option) -> Option | list[str | int]:
    if key not in AXES or not isinstance(value, tuple):
        return value
    return value[0] if len(value) == 1 else list(value)
