"""`mdf export`: a trained network for other runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.core.errors import ConfigError

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("run")
@click.option("--to", "formats", multiple=True, metavar="FORMAT", help="onnx (default), openvino, torch, … Repeatable.")
@click.option("--out", default="exported", metavar="FOLDER", show_default=True, help="Where a folder a format goes.")
@click.option("--size", metavar="SIZE", help="Size of the network's images: 224 or 240x320; by default as trained.")
@click.option("--dynamic", "any_size", is_flag=True, help="Graphs that take images of any size.")
@click.option("--int8", is_flag=True, help="Also try 8-bit integers; they are kept where they pay on this machine.")
@click.option("--precision", metavar="KIND", help="Also score the files computed in this precision: bf16.")
@click.option(
    "--max-loss",
    "losses",
    multiple=True,
    metavar="SCORE=LOSS",
    help="How much worse --int8 or --precision may make a score: iou=0.005. By default 1% of each task's first score.",
)
@click.option("--licence", default="", metavar="TEXT", help="Licence of the network, as its folder tells it.")
@click.option("--overwrite", is_flag=True, help="Replace existing folders.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="CPU threads that are timed.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def export(
    session: Session,
    run: str,
    formats: tuple[str, ...],
    out: str,
    size: str | None,
    any_size: bool,
    int8: bool,
    precision: str | None,
    losses: tuple[str, ...],
    licence: str,
    overwrite: bool,
    threads: int | None,
    runs: str,
    as_json: bool,
) -> int:
    """Write RUN's network for other runtimes, and check that it computes the same there.

    Each format gets a folder below `--out`, with the network, `model.json` and a README.md that shows how to run it
    without mdf. `mdf predict` and `mdf watch` take such a folder where they take a RUN. Exit code 1 if a format fails.
    """
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        report = api.export(
            run,
            out,
            to=formats or ("onnx",),
            size=size,
            any_size=any_size,
            int8=int8,
            precision=precision,
            max_loss=dict(map(_loss, losses)),
            licence=licence,
            overwrite=overwrite,
            threads=threads,
            runs=runs,
            plugins=session.plugins,
            observer=observer,
        )
    from mdf.cli.tables.export import print_export

    print_export(report, as_json)
    return 0 if report.ok else 1


def _loss(text: str) -> tuple[str, float]:
    score, _, loss = text.partition("=")
    try:
        return score, float(loss)
    except ValueError:
        message = f"`--max-loss {text}` is no loss of a score"
        raise ConfigError(message, "write a score and a number: `--max-loss iou=0.005`") from None
