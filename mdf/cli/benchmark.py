"""`mdf benchmark`: parse, call `mdf.api`, print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session

AXES = ("encoder", "fusion", "decoder", "loss", "schedule", "size", "seed")
"""Options that become an axis of the grid when they are repeated."""


@click.command()
@click.option("--encoder", multiple=True, metavar="NAME", help="Encoder, e.g. unet or resnet18. Repeat to compare.")
@click.option("--fusion", multiple=True, metavar="NAME", help="How background and frame meet. Repeat to compare.")
@click.option("--decoder", multiple=True, metavar="NAME", help="Decoder. Repeat to compare.")
@click.option("--loss", multiple=True, metavar="LOSS", help="l1, mask=bce,depth=l1 or bce+0.5*l1. Repeat to compare.")
@click.option("--schedule", multiple=True, metavar="NAME", help="Who learns when. Repeat to compare.")
@click.option("--size", multiple=True, metavar="SIZE", help="Size of images: 64 or 240x320 (height x width).")
@click.option("--seed", multiple=True, type=int, metavar="N", help="Random seed. Repeat to see the noise.")
@click.option("--predictor", multiple=True, metavar="NAME", help="Whole method to compare with; `none` for none.")
@click.option("--data", metavar="NAME[:PATH]", help="Data set: scenes, cdnet:PATH, …")
@click.option("--extra-train", multiple=True, metavar="NAME[:PATH]", help="Data to train on besides. Repeatable.")
@click.option("--eval-data", multiple=True, metavar="NAME[:PATH]", help="Data to score on besides. Repeatable.")
@click.option("--skip-bad", is_flag=True, default=None, help="Go on without the samples that cannot be read.")
@click.option("--heads", metavar="TASKS", help="Tasks to predict, e.g. mask,depth.")
@click.option("--steps", type=int, metavar="N", help="Optimiser steps of each trial.")
@click.option("--epochs", type=float, metavar="N", help="Passes over the training data, instead of steps.")
@click.option("--batch-size", type=int, metavar="N", help="Samples a step.")
@click.option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--precision", metavar="KIND", help="auto, fp32 or bf16.")
@click.option("--config", metavar="FILE", help="TOML file: keys of an experiment, and a [grid] table of axes.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override any key: encoder.width=32.")
@click.option("--name", default="", metavar="NAME", help="The study's name; by default a hash of its trials.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where results are kept.")
@click.option(
    "--tracker", "trackers", multiple=True, metavar="NAME", help="Tell it too: tensorboard, mlflow. Repeatable."
)
@click.option("--dry-run", is_flag=True, help="Print the resolved cells and train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def benchmark(
    session: Session,
    /,
    predictor: tuple[str, ...],
    runs: str,
    name: str,
    trackers: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Compare configurations: accuracy, size and speed, in one table.

    A repeated option is an axis of the grid. Without --encoder and --loss the standard study is run: unet and
    resnet18 with l1 and mse, beside two methods that learn nothing. The same command again goes on where it stopped.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.report_table import print_cells, print_report

    keys = {key: _axis(value) if key in AXES else value for key, value in options.items()}
    chosen = None if not predictor else [p for p in predictor if p != "none"]
    shared = {**keys, "predictor": chosen, "plugins": session.plugins}
    with watching() as observer:
        if dry_run:
            cells = api.dry_run(runs=runs, observer=observer, **shared)
        else:
            report = api.benchmark(runs=runs, name=name, trackers=trackers, observer=observer, **shared)
    if dry_run:
        print_cells(cells, as_json)
        return 0
    print_report(report, as_json)
    return 0 if report.ok else 1


def _axis(values: tuple[Any, ...]) -> Any:
    """Nothing, one value, or an axis."""
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)
