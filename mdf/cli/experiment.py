"""The options that say what to train: one list, for every command that takes an experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

AXES: Mapping[str, tuple[str, str]] = {
    "encoder": ("NAME", "Encoder, e.g. unet or resnet18."),
    "fusion": ("NAME", "How background and frame meet."),
    "decoder": ("NAME", "Decoder."),
    "loss": ("LOSS", "l1, mask=bce,depth=l1 or bce+0.5*l1."),
    "schedule": ("NAME", "Who learns when."),
    "balance": ("NAME", "How tasks are weighed against each other."),
    "teacher": ("RUN", "Learn from RUN's network too, or from `none`; 0.5*RUN: of half the truth's weight."),
    "size": ("SIZE", "Size of images: 64 or 240x320 (height x width)."),
    "seed": ("N", "Random seed."),
}
"""Options that become an axis of the grid where they may be repeated: what each takes, and its help."""

SHARED = (
    click.option("--data", metavar="NAME[:PATH]", help="Data set: scenes, cdnet:PATH, …"),
    click.option("--extra-train", multiple=True, metavar="NAME[:PATH]", help="Data to train on besides. Repeatable."),
    click.option("--eval-data", multiple=True, metavar="NAME[:PATH]", help="Data to score on besides. Repeatable."),
    click.option("--skip-bad", is_flag=True, default=None, help="Go on without the samples that cannot be read."),
    click.option("--heads", metavar="TASKS", help="Tasks to predict, e.g. mask,depth."),
    click.option("--steps", type=int, metavar="N", help="Optimiser steps of each trial."),
    click.option("--epochs", type=float, metavar="N", help="Passes over the training data, instead of steps."),
    click.option("--batch-size", type=int, metavar="N", help="Samples a step."),
    click.option("--init", metavar="RUN", help="Begin with the weights of RUN: a folder, an id, or `latest`."),
    click.option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps."),
    click.option("--threads", type=int, metavar="N", help="CPU threads of a trial; by default its share of the cores."),
    click.option("--precision", metavar="KIND", help="auto, fp32 or bf16."),
    click.option("--config", metavar="FILE", help="TOML file: keys of an experiment, and a [grid] table of axes."),
    click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override any key: encoder.width=32."),
    click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where results are kept."),
)

SEVERAL = (
    click.option("--seeds", type=click.IntRange(1), metavar="N", help="Seeds 0 to N-1: rows then tell their noise."),
    click.option("--twins", is_flag=True, default=None, help="Add each network's single-task twins, and tell Δm."),
)
"""Of commands that compare configurations."""


def experiment_options(repeatable: bool) -> Callable[[Command], Command]:
    """Give a command the options of an experiment; not `repeatable`, it refuses an axis by itself: click would take
    the last value and say nothing."""
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


def keys_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as keys of an experiment config: an axis given once is a value, several times a list of values."""
    return {key: _axis(value) if key in AXES and isinstance(value, tuple) else value for key, value in options.items()}


def _axis(values: tuple[Any, ...]) -> Any:
    """Nothing, one value, or an axis."""
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)
