"""`mdf benchmark`: parse, call `mdf.api`, print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mdf.cli.experiment import experiment_options, keys_of

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@experiment_options(repeatable=True)
@click.option("--predictor", multiple=True, metavar="NAME", help="Whole method to compare with; `none` for none.")
@click.option("--name", default="", metavar="NAME", help="The study's name; by default a hash of its trials.")
@click.option(
    "--logger", "loggers", multiple=True, metavar="NAME", help="Tell it too: tensorboard, mlflow. Repeatable."
)
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Trials side by side; no result depends on it.")
@click.option("--time-limit", metavar="TIME", help="Each trial's, in seconds or as 30m; longer, it ends as `timeout`.")
@click.option("--retry", default="", metavar="STATUS,…", help="Run those again that ended so: failed, oom, timeout, …")
@click.option("--rerun", is_flag=True, help="Run everything again; what there was is kept beside it.")
@click.option("--no-costs", is_flag=True, help="Do not measure, after the trials, what each configuration costs.")
@click.option("--costs", "shown", type=click.Choice(["main", "all"]), default="main", help="Cost columns to print.")
@click.option("--force", is_flag=True, help="Train even what is foreseen not to fit the memory.")
@click.option("--train-fullres", is_flag=True, help="Train what is otherwise a row of costs alone: resnet18-fullres.")
@click.option("--by", type=click.Choice(["tag"]), help="Tell each task's headline score under every condition too.")
@click.option("--pictures/--no-pictures", default=True, help="Whether the report's page compares predictions.")
@click.option("--allow-leaks", is_flag=True, help="Go on where training and test share scenes or backgrounds.")
@click.option("--dry-run", is_flag=True, help="Print the resolved cells and train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def benchmark(
    session: Session,
    /,
    predictor: tuple[str, ...],
    runs: str,
    name: str,
    loggers: tuple[str, ...],
    workers: int | None,
    time_limit: str | None,
    retry: str,
    rerun: bool,
    no_costs: bool,
    shown: str,
    force: bool,
    train_fullres: bool,
    by: str | None,
    allow_leaks: bool,
    pictures: bool,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Compare configurations: accuracy, size and speed, in one table.

    A repeated option is an axis of the grid. Without --encoder and --loss the standard study is run: unet and
    resnet18 with l1 and mse, beside methods that learn nothing. The same command again goes on where it stopped.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.cli.tables.report import print_cells, print_report

    shared = {**keys_of(options), "predictor": predictor or None, "loggers": loggers, "plugins": session.plugins}
    with watching() as observer:
        if dry_run:
            cells = api.dry_run(runs=runs, observer=observer, **shared)
        else:
            going: dict[str, Any] = {
                "workers": workers,
                "time_limit": time_limit,
                "retry": retry,
                "rerun": rerun,
                "costs": not no_costs,
                "force": force,
                "train_cost_only": train_fullres,
                "by_tag": by == "tag",
                "allow_leaks": allow_leaks,
                "pictures": pictures,
            }
            report = api.benchmark(runs=runs, name=name, observer=observer, **going, **shared)
    if dry_run:
        print_cells(cells, as_json)
        return 0
    print_report(report, as_json, all_costs=shown == "all")
    return 0 if report.ok else 1
