"""`mdf train`: one configuration, as a study of one trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.experiment import Option, cluster_options, experiment_options, keywords_of, logger_option

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@experiment_options(repeatable=False)
@click.option("--name", default="", metavar="NAME", help="The study's name; by default a hash of the configuration.")
@logger_option
@click.option("--devices", type=click.IntRange(1), metavar="N", help="Number of devices that share each batch.")
@cluster_options("it runs", "it")
@click.option("--time-limit", metavar="TIME", help="Longest time, in seconds or as 30m.")
@click.option("--rerun", is_flag=True, help="Train again what has been trained; the old result is kept.")
@click.option("--force", is_flag=True, help="Train even if the forecast says that the memory is too small.")
@click.option("--allow-leaks", is_flag=True, help="Continue if training and test share scenes or backgrounds.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def train(session: Session, /, as_json: bool, **options: Option) -> int:
    """Train one model, score it, and print where its weights are.

    Results lie where `mdf benchmark` keeps its own, and what has been trained is not trained again. The same command
    continues after an interruption. --devices N, or `torchrun --nproc-per-node N -m mdf train`, trains in N processes
    that share each batch. With --init the training starts from the weights, statistics and depth scale of another
    network, and builds the same network unless you name parts: `mdf train --init mdf-base --data folder:MINE`.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.report import print_report

    request = api.StudyRequest.of(keywords_of(options) | {"plugins": session.plugins})
    with watching() as observer:
        if api.is_other_process():  # of torchrun: the first one reports
            api.join_training(observer)
            return 0
        report = api.train(request, observer=observer)
    print_report(report, as_json)
    if report.ok and not as_json:
        click.echo(f"weights: {report.results[0].weights}")
    return 0 if report.ok else 1
