"""The cost phase of a study: once its trials have ended, each architecture is measured alone on the machine.

Torch-free: measuring happens in workers. Each memory is measured in a fresh one, so that it holds nothing else's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.progress import Stage
from mdf.runs.observer import Observer
from mdf.study.cell import LabelledCell
from mdf.study.costs import record
from mdf.study.costs.key import cost_key, costly_part
from mdf.study.costs.memory_fit import Memory
from mdf.study.costs.record import CostRecord
from mdf.study.costs.request import CostPart, MeasureRequest
from mdf.workers.executor import Executor
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.process import PATIENCE, passed_to

JOB: Job[MeasureRequest, dict[str, float]] = Job("mdf.study.costs.measure:measure_costs")
Groups = Sequence[Sequence[CostPart]]
"""The parts to measure, those of one worker together. A worker that measured memory may measure time afterwards."""
TRAINED: Groups = (("training",), ("inference", "speed"))
UNTRAINED: Groups = (("inference", "speed"),)
COST_ONLY: Groups = (("single-step",),)


def measure_trials(
    trials: Sequence[LabelledCell],
    cost_only: Collection[str],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    executor: Executor,
    memory: Memory,
    time_limit: float = PATIENCE,
    again: bool = False,
) -> None:
    """Measure what `trials` cost, if no earlier study did, in `time_limit` seconds a part.

    `executor` gives a machine to each; `memory` is that of such a machine. `cost_only` holds the ids of those that are
    not trained. If one cannot be measured, its reason is kept and `observer` is warned. What hung is not tried again in
    as much time, unless `again`.
    """
    subjects = {cost_key(trial.cell): trial for trial in reversed(trials)}  # the first trial of each
    missing = {
        key: trial
        for key, trial in subjects.items()
        if not _is_whole(record.load(key, runs), _groups(trial, trial.id in cost_only))
    }
    for number, (key, trial) in enumerate(reversed(missing.items()), start=1):
        groups = _groups(trial, trial.id in cost_only)
        known = record.load(key, runs)
        if known.hangs(_name(groups), time_limit) and not again:
            observer.warned(f"the costs of {trial.label} are not measured: {known.reason}; {record.TRY_AGAIN}")
            continue
        observer.progress(Stage(f"measuring costs of {trial.label}", number, len(missing)))
        if groups == COST_ONLY and known.forecast and not memory.fits(trial.cell.config.device, known.forecast):
            ended = replace(_begun(trial, known), status="oom", reason="predicted not to fit: not tried")
        else:
            ended = _measured(trial, key, groups, plugins, runs, observer, executor, time_limit)
        record.save(key, runs, ended)
        if ended.status in ("failed", "timeout"):
            observer.warned(f"the costs of {trial.label} could not be measured: {ended.reason}")


def _groups(trial: LabelledCell, cost_only: bool) -> Groups:
    """What is measured of `trial`."""
    if cost_only:
        return COST_ONLY
    return TRAINED if trial.cell.config.trains else UNTRAINED


def _parts(groups: Groups) -> list[CostPart]:
    return [part for group in groups for part in group]


def _name(groups: Groups) -> str:
    """The name under which it is stored that these parts hang when they are measured together."""
    return f"costs: {', '.join(_parts(groups))}"


def _is_whole(known: CostRecord, groups: Groups) -> bool:
    """Whether all parts of `groups` have been measured, or all parts there are. What failed may succeed next time."""
    wanted = (_parts(groups), _parts(TRAINED))
    return known.status == "ok" and any(set(parts) <= set(known.parts) for parts in wanted)


def _begun(trial: LabelledCell, known: CostRecord) -> CostRecord:
    """The record with nothing measured yet."""
    cell = trial.cell
    return replace(known, stamp=cell.stamp, network=costly_part(cell.config), status="ok", parts=(), reason="")


def _measured(
    trial: LabelledCell,
    key: str,
    groups: Groups,
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    executor: Executor,
    time_limit: float,
) -> CostRecord:
    """The record with what could be measured, each group of parts in a worker of its own."""
    begun = _begun(trial, record.load(key, runs))
    log = runs / record.COSTS / f".{key}.log"
    costs: dict[str, float] = {}
    try:
        for group in groups:
            with executor.helper(log, alone=True) as worker:
                for part in group:
                    request = MeasureRequest(trial.cell.config, plugins, part)
                    of_part = worker.run(JOB, request, on_progress=passed_to(observer), time_limit=time_limit)
                    costs |= of_part
    except WorkerError as error:
        ended = replace(begun, measured=costs, status=error.status, reason=error.reason)
        return ended.hanging(_name(groups), time_limit) if error.status == "timeout" else ended
    except MdfError as error:
        return replace(begun, measured=costs, status="failed", reason=error.message)
    return replace(begun, measured=costs, parts=_parts(groups))
