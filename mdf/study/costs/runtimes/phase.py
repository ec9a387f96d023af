"""The runtimes of a study's cost phase: each architecture is measured in each once a machine. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.progress import Stage
from mdf.runs.observer import Observer
from mdf.study.cell import LabelledCell
from mdf.study.costs import record
from mdf.study.costs.record import CostRecord
from mdf.study.costs.runtimes.request import CostRuntime, RuntimeCosts, RuntimesRequest, runtime_key
from mdf.workers.executor import Executor
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.process import PATIENCE, passed_to

JOB: Job[RuntimesRequest, dict[str, RuntimeCosts]] = Job("mdf.study.costs.runtimes.measure:measure_runtimes")


def measure_in_runtimes(
    trials: Sequence[LabelledCell],
    runtimes: Sequence[CostRuntime],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    executor: Executor,
    time_limit: float = PATIENCE,
) -> None:
    """Measure what the networks of `trials` cost in `runtimes`, if no earlier study did, in `time_limit` seconds each.

    If one cannot be measured, its reason is kept and `observer` is warned.
    """
    for trial, missing in _missing(trials, runtimes, runs):
        observer.progress(Stage(f"measuring {trial.label} in {', '.join(one.name for one in missing)}"))
        found = _measured(trial, missing, plugins, runs, observer, executor, time_limit)
        for runtime in missing:
            own = found[runtime.name]
            status = "failed" if own.reason else "ok"
            stamp = trial.cell.stamp
            ended = CostRecord(
                measured=own.costs, status=status, parts=(runtime.label,), reason=own.reason, stamp=stamp
            )
            record.save(runtime_key(trial.cell, runtime), runs, ended)
            if own.reason:
                observer.warned(f"{trial.label} could not be measured in {runtime.label}: {own.reason}")


def _missing(
    trials: Sequence[LabelledCell], runtimes: Sequence[CostRuntime], runs: Path
) -> list[tuple[LabelledCell, list[CostRuntime]]]:
    """Networks with the runtimes in which they are not measured yet, each architecture once. What failed may succeed
    next time."""
    seen: set[str] = set()
    missing = []
    for trial in trials:
        keys = {} if trial.cell.config.predictor else {runtime_key(trial.cell, one): one for one in runtimes}
        own = [one for key, one in keys.items() if key not in seen and record.load(key, runs).status != "ok"]
        seen |= keys.keys()
        if own:
            missing.append((trial, own))
    return missing


def _measured(
    trial: LabelledCell,
    runtimes: Sequence[CostRuntime],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    executor: Executor,
    time_limit: float,
) -> Mapping[str, RuntimeCosts]:
    names = [runtime.name for runtime in runtimes]
    log = runs / record.COSTS / f".{runtime_key(trial.cell, runtimes[0])}.log"
    try:
        with executor.helper(log, alone=True) as worker:
            request = RuntimesRequest(trial.cell.config, plugins, names)
            return worker.run(JOB, request, on_progress=passed_to(observer), time_limit=time_limit)
    except WorkerError as error:
        reason = error.reason
    except MdfError as error:
        reason = error.message
    return dict.fromkeys(names, RuntimeCosts(reason=reason))
