"""`mdf train`: one configuration, along the same road as a study's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mdf.cli.experiment import experiment_options, keys_of

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@experiment_options(repeatable=False)
@click.option("--name", default="", metavar="NAME", help="The study's name; by default a hash of the configuration.")
@click.option(
    "--logger", "loggers", multiple=True, metavar="NAME", help="Tell it too: tensorboard, mlflow. Repeatable."
)
@click.option("--time-limit", metavar="TIME", help="In seconds or as 30m; longer, it ends as `timeout`.")
@click.option("--rerun", is_flag=True, help="Train anew what is there already; that is kept beside it.")
@click.option("--force", is_flag=True, help="Train even what is foreseen not to fit the memory.")
@click.option("--allow-leaks", is_flag=True, help="Go on where training and test share scenes or backgrounds.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def train(session: Session, /, as_json: bool, **options: Any) -> int:
    """Train one model, score it, and tell where its weights are.

    Results lie where `mdf benchmark` keeps its own, and what is there already is not trained again. The same command
    goes on where it was interrupted. With --init the weights, statistics and depth scale of another run are the
    beginning: for example those of a run at --size 64, to go on at 224.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.report import print_report
    from mdf.runs.result import WEIGHTS

    with watching() as observer:
        report = api.train(observer=observer, plugins=session.plugins, **keys_of(options))
    print_report(report, as_json)
    if report.ok and not as_json:
        click.echo(f"weights: {report.results[0].folder}/{WEIGHTS}")
    return 0 if report.ok else 1
