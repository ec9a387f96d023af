"""A trained model scored on a data set, as a whole and under each condition; in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError, DataError, MdfError
from mdf.core.progress import OnProgress, Stage
from mdf.data.backgrounds import look
from mdf.data.cache.place import cache_name
from mdf.data.left_out import note_of
from mdf.data.open import read_through_cache
from mdf.data.scan import Unreadable
from mdf.data.unreadable import without_unreadable
from mdf.engine import flow
from mdf.engine import runtime as machine
from mdf.engine.flow import Parts
from mdf.engine.scoring import Column, SampleStatistics
from mdf.models import assemble
from mdf.models.restore import Restored, restore
from mdf.registry import Catalog
from mdf.runs.result import score_title
from mdf.runs.statistics import Statistics, background_notes, conditions, labelled

ALL = "all samples"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one group of samples: all of them, or those with a tag; a score that was not measured is missing."""

    group: str
    samples: int
    scores: Mapping[str, float]


def evaluate(
    on_progress: OnProgress,
    folder: Path,
    data: Component | None,
    plugins: Sequence[str],
    by_tag: bool,
    size: str | None,
    skip_bad: bool = False,
) -> dict[str, Any]:
    """Score the run in `folder` on `data`, every sample of it; without `data`, on its own test split.

    The network works at `size`, by default at that of its training. Samples that cannot be read are left out with
    `skip_bad`, and of its own data where the run was trained so.

    Raises ConfigError where the data hold no task that the run predicts, or it trained on all of them, DataError where
    no sample is left to score.
    """
    run = restore(folder, plugins, size=size)
    machine.prepare(run.runtime, run.config.seed)
    catalog = Catalog.discover(plugins)
    chosen = data or run.config.data
    dataset: Dataset = catalog.create("dataset", chosen.name, chosen.options)
    own, notes = relation(run.config, chosen, dataset, catalog)
    bad: Sequence[Unreadable] = ()
    if skip_bad or (own and run.config.skip_bad):
        dataset, bad = without_unreadable(dataset, cache_name(chosen), on_progress)
        notes += [note_of(chosen.name, bad)] if bad else []
    indices = dataset.splits().test if own else range(len(dataset))
    if not len(indices):
        raise DataError(
            f"data set `{chosen.name}` has no sample to score{' in its test split' if own else ''}"
            + (f" without the {len(bad)} that cannot be read" if bad else ""),
            f"`mdf data check` tells what is wrong with `{chosen.name}`; or choose other data",
        )
    columns = _columns(run, dataset, catalog, chosen.name)
    dataset = read_through_cache(dataset, chosen, on_progress)
    found = _measure(on_progress, run, dataset, indices, columns)
    groups: dict[str, Sequence[int]] = {ALL: range(len(found.ids))}
    if by_tag:
        # a scene of other data is none that was trained on, whatever it is called
        trained = look(dataset, chosen, on_progress).of(dataset.splits().train) if own else set[str]()
        images = labelled(found, trained)
        groups |= by_condition(images)
        notes += background_notes(images) if own else []
    return {
        "run": folder.name,
        "data": chosen.name,
        "split": "test" if own else "all",
        "columns": [{"key": c.key, "title": _title(c, run)} for c in columns],
        "groups": [_scores(group, chosen, found, columns) for group, chosen in groups.items()],
        "notes": notes,
    }


def relation(config: ExperimentConfig, chosen: Component, dataset: Dataset, catalog: Catalog) -> tuple[bool, list[str]]:
    """Whether `dataset`, which is `chosen`, is what the run of `config` was split from; and a note where it may hold
    samples that were trained on: scenes of one name need not be one scene, so none can be left out by name.

    Raises ConfigError where all of it was trained on.
    """
    fingerprint = dataset.fingerprint()
    if fingerprint == _fingerprint(config.data, catalog):
        return True, []
    if fingerprint in [_fingerprint(extra, catalog) for extra in config.extra_train]:
        raise ConfigError(
            f"the run trained on `{chosen.name}` (`extra_train`): every sample of it would be scored",
            "choose other data; without `--data` its own test split is scored",
        )
    if chosen.name not in [part.name for part in (config.data, *config.extra_train)]:
        return False, []
    note = f"the run trained on `{chosen.name}` with other options or files: what it trained on may be among the "
    return False, [note + "samples that are scored here, all of them"]


def _fingerprint(component: Component, catalog: Catalog) -> str:
    """Of the data that were trained on; "" where they are there no more, and hence not what is scored."""
    try:
        dataset: Dataset = catalog.create("dataset", component.name, component.options)
        return dataset.fingerprint()
    except MdfError:
        return ""


def by_condition(images: Statistics) -> dict[str, list[int]]:
    """Samples by condition, as a study's columns are; those with no tag too."""
    chosen = conditions(images)
    if not all(images.tags):
        chosen["no tag"] = np.array([not tags for tags in images.tags])
    return {name: np.flatnonzero(of).tolist() for name, of in chosen.items()}


def _columns(run: Restored, dataset: Dataset, catalog: Catalog, name: str) -> list[Column]:
    tasks = [task for task in run.tasks if task in dataset.tasks]
    if not tasks:
        raise ConfigError(
            f"data set `{name}` holds {', '.join(dataset.tasks) or 'no truth'}, "
            f"and the run predicts {', '.join(run.tasks)}",
            "choose data with a truth for what it predicts",
        )
    return [column for task in tasks for column in assemble.columns(run.config, task, catalog)]


def _measure(
    on_progress: OnProgress, run: Restored, dataset: Dataset, indices: Sequence[int], columns: list[Column]
) -> SampleStatistics:
    done = 0

    def told(samples: int) -> None:
        nonlocal done
        done += samples
        on_progress(Stage("scoring", done, len(indices)))

    parts = Parts(dataset, run.tasks, columns)
    predict = flow.predictor_of(run.model, run.tasks, run.runtime)
    return flow.score(parts, run.config, run.runtime, predict, indices, told)


def _scores(group: str, chosen: Sequence[int], found: SampleStatistics, columns: Sequence[Column]) -> Scores:
    """The scores of the chosen samples: statistics add, so any group of samples is a sum."""
    rows = torch.tensor(list(chosen), dtype=torch.long)
    given = [c for c in columns if c.key in found.parts]
    values = {c.key: float(c.metric.score(found.table(c.key)[rows].sum(0))) for c in given}
    return Scores(group, len(rows), {key: value for key, value in values.items() if value == value})


def _title(column: Column, run: Restored) -> str:
    own = column.metric.protocol.unit
    unit = run.tasks[column.task].unit if own is None else own
    return score_title(column.task, column.metric.label, unit)
