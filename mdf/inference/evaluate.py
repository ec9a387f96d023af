"""Scores a trained network on a data set, as a whole and under each condition; in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError, DataError, MdfError
from mdf.core.progress import OnProgress, Stage
from mdf.data.backgrounds.scenes import find_backgrounds
from mdf.data.cache.place import cache_name
from mdf.data.open import read_through_cache
from mdf.data.scan import Unreadable
from mdf.data.skipped import skipped_note
from mdf.data.unreadable import without_unreadable
from mdf.data.wrappers import OneDepth
from mdf.engine import runtime as machine
from mdf.engine.evaluation import predictor_of, score
from mdf.engine.parts import Parts
from mdf.engine.scoring import Column, SampleStatistics
from mdf.inference.background_depth import background_depth, check_guided
from mdf.inference.request import EvaluationRequest
from mdf.inference.results import Evaluation, GroupScores, ScoreColumn
from mdf.models import assemble
from mdf.models.locate import name_of
from mdf.models.restore import Restored, restore
from mdf.registry import Catalog
from mdf.runs.result import score_title
from mdf.runs.statistics import Statistics, background_notes, conditions, labelled

ALL = "all samples"


def evaluate(on_progress: OnProgress, request: EvaluationRequest) -> Evaluation:
    """Score the network of a run on the data of `request`.

    On its own data samples that cannot be read are also left out where the run was trained so.

    Raises
        ConfigError: the data hold no task that the run predicts, or the run trained on all of them.
        DataError: no sample is left to score.
    """
    run = restore(request.run, request.plugins, size=request.size, threads=request.threads).placed()
    machine.prepare(run.runtime, run.config.seed)
    catalog = Catalog.discover(request.plugins)
    data = request.data or run.config.data
    dataset: Dataset = catalog.create("dataset", data.name, data.options)
    own, notes = relation(run.config, data, dataset, catalog)
    unreadable: Sequence[Unreadable] = ()
    if request.skip_bad or (own and run.config.skip_bad):
        dataset, unreadable = without_unreadable(dataset, cache_name(data), on_progress)
        notes += [skipped_note(data.name, unreadable)] if unreadable else []
    indices = dataset.splits().test if own else range(len(dataset))
    if not len(indices):
        raise _nothing_to_score(data, own, unreadable)
    columns = _columns(run, dataset, catalog, data.name)
    dataset = read_through_cache(dataset, data, on_progress)
    if request.background_depth is not None:
        dataset = _with_depth(dataset, request.background_depth, run, name_of(request.run))
    else:
        dataset = assemble.knowing(run.config, catalog, dataset)
    statistics = _score(on_progress, run, dataset, indices, columns)
    groups: dict[str, Sequence[int]] = {ALL: range(len(statistics.ids))}
    if request.by_tag:
        # scenes of other data were not trained on, even where they have the same name
        backgrounds = find_backgrounds(dataset, data, on_progress) if own else None
        trained = backgrounds.scenes_of(dataset.splits().train) if backgrounds else set[str]()
        images = labelled(statistics, trained)
        groups |= by_condition(images)
        notes += background_notes(images) if own else []
    return Evaluation(
        run=name_of(request.run),
        data=data.name,
        split="test" if own else "all",
        columns=tuple(ScoreColumn(column.key, _title(column, run)) for column in columns),
        groups=tuple(group_scores(name, rows, statistics, columns) for name, rows in groups.items()),
        notes=tuple(notes),
    )


def _with_depth(dataset: Dataset, path: Path, run: Restored, model: str) -> Dataset:
    """`dataset` with the depth in a file as that of every empty scene. Raises MdfError where it cannot be used."""
    check_guided(run.model.guided, model)
    return OneDepth(dataset, torch.from_numpy(background_depth(path)), str(path))


def relation(config: ExperimentConfig, data: Component, dataset: Dataset, catalog: Catalog) -> tuple[bool, list[str]]:
    """Whether `dataset`, made of `data`, is the one that the run of `config` was split from; and notes.

    A note warns of data that may hold samples that were trained on. They cannot be left out by name: scenes of one name
    need not be the same scene.

    Raises ConfigError where the run trained on all of it.
    """
    fingerprint = dataset.fingerprint()
    if fingerprint == _fingerprint(config.data, catalog):
        return True, []
    if fingerprint in [_fingerprint(extra, catalog) for extra in config.extra_train]:
        raise ConfigError(
            f"the run trained on every sample of `{data.name}` (`extra_train`), so its scores would mean nothing",
            "choose other data; without `--data` the run's own test split is scored",
        )
    if data.name not in [part.name for part in (config.data, *config.extra_train)]:
        return False, []
    note = f"the run trained on `{data.name}` with other options or files: "
    return False, [note + "all samples are scored, and it may have trained on some of them"]


def _fingerprint(component: Component, catalog: Catalog) -> str:
    """The fingerprint of data that were trained on; "" where they are gone, and so cannot be the data to score."""
    try:
        dataset: Dataset = catalog.create("dataset", component.name, component.options)
        return dataset.fingerprint()
    except MdfError:
        return ""


def _nothing_to_score(data: Component, own: bool, unreadable: Sequence[Unreadable]) -> DataError:
    where = " in its test split" if own else ""
    without = f" without the {len(unreadable)} that cannot be read" if unreadable else ""
    return DataError(
        f"data set `{data.name}` has no sample to score{where}{without}",
        f"`mdf data check` says what is wrong with `{data.name}`; or choose other data",
    )


def by_condition(images: Statistics) -> dict[str, list[int]]:
    """Positions of the samples of each condition: the columns of a study, and those without a tag."""
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
            "choose data that hold the truth of what it predicts",
        )
    return [column for task in tasks for column in assemble.columns(run.config, task, catalog)]


def _score(
    on_progress: OnProgress, run: Restored, dataset: Dataset, indices: Sequence[int], columns: list[Column]
) -> SampleStatistics:
    done = 0

    def on_batch(samples: int) -> None:
        nonlocal done
        done += samples
        on_progress(Stage("scoring", done, len(indices)))

    parts = Parts(dataset, run.tasks, columns)
    predict = predictor_of(run.model, run.tasks, run.runtime)
    return score(parts, run.config, run.runtime, predict, indices, on_batch)


def group_scores(
    group: str, positions: Sequence[int], statistics: SampleStatistics, columns: Sequence[Column]
) -> GroupScores:
    """Scores of the samples at `positions`. Statistics add, so those of any group are a sum of rows."""
    rows = torch.tensor(list(positions), dtype=torch.long)
    measured = [c for c in columns if c.key in statistics.parts]
    scores = {c.key: float(c.metric.score(statistics.table(c.key)[rows].sum(0))) for c in measured}
    return GroupScores(group, len(rows), _known(scores))


def _known(scores: Mapping[str, float]) -> dict[str, float]:
    """The scores that are numbers: NaN means that nothing was measured."""
    return {key: value for key, value in scores.items() if value == value}


def _title(column: Column, run: Restored) -> str:
    own = column.metric.protocol.unit
    unit = run.tasks[column.task].unit if own is None else own
    return score_title(column.task, column.metric.label, unit)
