"""`mdf benchmark`: parse, call `mdf.api`, print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.experiment import Option, cluster_options, experiment_options, keywords_of, logger_option, model_option

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@experiment_options(repeatable=True)
@click.option("--predictor", multiple=True, metavar="NAME", help="Whole method to compare with; `none` for none.")
@model_option
@click.option("--suite", default="", metavar="NAME", help="Study that comes with mdf: real (needs --data-root).")
@click.option("--data-root", default="", metavar="FOLDER", help="Folder below which the suite's scenes are found.")
@click.option("--name", default="", metavar="NAME", help="The study's name; by default a hash of its trials.")
@logger_option
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Number of concurrent trials; changes no result.")
@click.option(
    "--devices-per-trial",
    "devices",
    type=click.IntRange(1),
    metavar="N",
    help="Devices that share each batch.",
)
@cluster_options("trials run", "a trial")
@click.option("--time-limit", metavar="TIME", help="Longest time of a trial, in seconds or as 30m.")
@click.option("--retry", default="", metavar="STATUS,…", help="Run trials again that ended as failed, oom, timeout, …")
@click.option("--rerun", is_flag=True, help="Run every trial again; old results are kept.")
@click.option("--no-costs", is_flag=True, help="Do not measure the costs of each configuration after the trials.")
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    metavar="NAME",
    help="Also measure a frame in torch, onnx, openvino, …, on the CPU. Repeatable.",
)
@click.option("--costs", "shown", type=click.Choice(["main", "all"]), default="main", help="Cost columns to print.")
@click.option("--force", is_flag=True, help="Train even what does not fit the memory, by the forecast.")
@click.option("--train-cost-only", is_flag=True, help="Also train what by default only has its costs measured.")
@click.option(
    "--by", type=click.Choice(["tag", "scene"]), help="Also show each headline score by condition, or by scene."
)
@click.option("--pictures/--no-pictures", default=True, help="Whether the report's page compares predictions.")
@click.option("--allow-leaks", is_flag=True, help="Continue if training and test share scenes or backgrounds.")
@click.option("--dry-run", is_flag=True, help="Print the resolved cells and train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def benchmark(
    session: Session,
    /,
    shown: str,
    by: str | None,
    no_costs: bool,
    dry_run: bool,
    as_json: bool,
    **options: Option,
) -> int:
    """Compare configurations: accuracy, size and speed, in one table.

    A repeated option is an axis of the grid. Without --encoder, --loss and --model, the standard study runs: unet and
    resnet18 with l1 and mse, and methods without training. The same command continues where it stopped.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.report import print_cells, print_report

    asked = {"plugins": session.plugins, "costs": not no_costs, "by_tag": by == "tag", "by_scene": by == "scene"}
    request = api.StudyRequest.of(keywords_of(options) | asked)
    with watching() as observer:
        if dry_run:
            cells = api.dry_run(request, observer=observer)
        else:
            report = api.benchmark(request, observer=observer)
    if dry_run:
        print_cells(cells, as_json)
        return 0
    print_report(report, as_json, all_costs=shown == "all")
    return 0 if report.ok else 1
