"""Checks what a data set promises: the same bytes for an index, true shapes and dtypes, splits that share no scene."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from mdf.core.dataset import Dataset, SplitName, Splits
from mdf.core.errors import DataError, MdfError
from mdf.core.sample import Batch, Sample
from mdf.core.task import Task
from mdf.testing.compare import equal, finite, require, shaped, typed
from mdf.testing.digest import digest
from mdf.testing.finding import SkippedError
from mdf.testing.inputs.targets import task_named
from mdf.testing.subject import Subject

SPLITS: tuple[SplitName, ...] = ("train", "val", "test")
MOST = 12
"""Samples of each split that are read, evenly spread from its first to its last."""


def can_be_built(subject: Subject[Dataset]) -> None:
    """It is built from its options and variant, has samples, and names its targets and units."""
    dataset = _open(subject)
    require(len(dataset) > 0, "it holds no sample")
    require(
        isinstance(dataset.tasks, tuple) and all(isinstance(t, str) for t in dataset.tasks), "`tasks` is not a tuple"
    )
    strangers = set(dataset.units) - set(dataset.tasks)
    require(not strangers, f"`units` names {sorted(strangers)}, which are none of its tasks {dataset.tasks}")


def splits_share_nothing(subject: Subject[Dataset]) -> None:
    """Indices are within the data set and in one split only."""
    dataset = _open(subject)
    splits = _splits(dataset)
    chosen = {name: list(splits.of(name)) for name in SPLITS}
    for name, indices in chosen.items():
        require(len(set(indices)) == len(indices), f"`{name}` holds an index twice")
        outside = [i for i in indices if not 0 <= i < len(dataset)]
        require(not outside, f"`{name}` holds index {outside[:1]} of {len(dataset)} samples")
    for one, other in combinations(SPLITS, 2):
        both = set(chosen[one]) & set(chosen[other])
        require(not both, f"`{one}` and `{other}` share index {min(both, default=0)}")


def splits_share_no_scene(subject: Subject[Dataset]) -> None:
    """In a split by scene no scene is in two splits (among the samples that are read here)."""
    dataset = _open(subject)
    by = _splits(dataset).by
    require(by in ("scene", "time"), f"its splits are by {by!r}")
    scenes = {name: {dataset.read([i]).scenes[0] for i in _spread(dataset.splits().of(name))} for name in SPLITS}
    for one, other in combinations(SPLITS, 2):
        both = scenes[one] & scenes[other]
        require(by == "time" or not both, f"`{one}` and `{other}` share scene `{min(both, default='')}`")


def its_probe_indices_show_every_scene(subject: Subject[Dataset]) -> None:
    """The samples that `probe_indices` names show every scene of each split (among the samples that are read here)."""
    dataset = _open(subject)
    splits, probe_indices = _splits(dataset), set(dataset.probe_indices())
    outside = [i for i in probe_indices if not 0 <= i < len(dataset)]
    require(not outside, f"`probe_indices` holds index {outside[:1]} of {len(dataset)} samples")
    if len(probe_indices) == len(dataset):
        return
    for name in SPLITS:
        shown = {dataset.read([i]).scenes[0] for i in splits.of(name) if i in probe_indices}
        unseen = {dataset.read([i]).scenes[0] for i in _spread(splits.of(name))} - shown
        require(not unseen, f"no witness shows scene `{min(unseen, default='')}` of `{name}`")


def samples_have_their_form(subject: Subject[Dataset]) -> None:
    """Shapes, dtypes and ranges as `Sample` says; the native size is true; ids are unique."""
    dataset = _open(subject)
    seen: set[str] = set()
    for index in _some(dataset):
        sample = dataset.read([index]).split()[0]
        height, width = dataset.native_size(index)
        what = f"sample {index}"
        for name, image in (("bg", sample.bg), ("fg_bg", sample.fg_bg)):
            shaped(image, (3, height, width), f"{what}: `{name}`")
            typed(image, torch.uint8, f"{what}: `{name}`")
        require(bool(sample.id) and bool(sample.scene), f"{what} has no id or no scene")
        require(sample.id not in seen, f"{what}: another sample has the id `{sample.id}`")
        seen.add(sample.id)
        _check_targets(subject, dataset, sample, what)


def the_same_index_gives_the_same_bytes(subject: Subject[Dataset]) -> None:
    """In any batch and order, and from another instance."""
    dataset, other = _open(subject), _open(subject, seed=1)
    indices = _some(dataset)[: 2 * MOST]
    first = {i: digest(dataset.read([i]).split()[0]) for i in indices}
    for i in reversed(indices):
        require(digest(other.read([i]).split()[0]) == first[i], f"sample {i} differs when it is read again")
    size = dataset.native_size(indices[0])
    group = [i for i in indices if dataset.native_size(i) == size][::-1]
    batch = dataset.read(group)
    require(isinstance(batch, Batch) and len(batch) == len(group), f"`read` gives {len(batch)} of {len(group)} samples")
    for i, sample in zip(group, batch.split(), strict=True):
        require(digest(sample) == first[i], f"sample {i} differs when read in a batch")


def known_facts_have_their_form(subject: Subject[Dataset]) -> None:
    """`known` gives what `knows` names: N×1×H×W float32, NaN or finite, the same in any batch."""
    dataset, other = _open(subject), _open(subject, seed=1)
    require(
        isinstance(dataset.knows, tuple) and all(isinstance(n, str) for n in dataset.knows), "`knows` is not a tuple"
    )
    indices = _some(dataset)[:MOST]
    size = dataset.native_size(indices[0])
    group = [i for i in indices if dataset.native_size(i) == size]
    known = dataset.known(group)
    require(set(known) == set(dataset.knows), f"`known` gives {sorted(known)}, declared are {sorted(dataset.knows)}")
    for name, maps in known.items():
        shaped(maps, (len(group), 1, *size), f"`{name}`")
        typed(maps, torch.float32, f"`{name}`")
        finite(maps[~maps.isnan()], f"what is known of `{name}`")
    for place, index in enumerate(group):
        alone = {name: maps[place : place + 1] for name, maps in known.items()}
        equal(other.known([index]), alone, f"of sample {index}, asked alone,")


def another_process_reads_the_same(subject: Subject[Dataset]) -> None:
    """Built in another process from class, config and variant, it has the same fingerprint and gives the same bytes."""
    dataset = _open(subject)
    indices = _some(dataset)[:: max(1, len(_some(dataset)) // 4)]
    there = subject.worker.read(subject, indices)
    require(there.pop("fingerprint") == dataset.fingerprint(), "the fingerprint is another one there")
    for i in indices:
        here = digest(dataset.read([i]).split()[0])
        require(there[f"sample {i}"] == here, f"sample {i} differs there")


def its_fingerprint_is_stable(subject: Subject[Dataset]) -> None:
    """The fingerprint is not empty, and the same for another instance, before and after reading."""
    dataset = _open(subject)
    before = dataset.fingerprint()
    require(isinstance(before, str) and bool(before), f"its fingerprint is {before!r}")
    dataset.read(_some(dataset)[:1])
    for what, now in (("after reading", dataset.fingerprint()), ("anew", _open(subject, seed=1).fingerprint())):
        require(now == before, f"{what} it is {now!r} instead of {before!r}")


def _open(subject: Subject[Dataset], seed: int = 0) -> Dataset:
    return subject.create(seed=seed)


def _splits(dataset: Dataset) -> Splits:
    """Its splits. Raises SkippedError where it has none because it has no targets."""
    try:
        return dataset.splits()
    except MdfError as error:
        if dataset.tasks:
            raise
        raise SkippedError(f"it has no targets: {error.message}") from error


def _check_targets(subject: Subject[Dataset], dataset: Dataset, sample: Sample, what: str) -> None:
    height, width = sample.bg.shape[-2:]
    for held in (sample.targets, sample.valid):
        require(set(held) == set(dataset.tasks), f"{what} holds {sorted(held)}, declared are {sorted(dataset.tasks)}")
    for name, target in sample.targets.items():
        valid = sample.valid[name]
        shaped(valid, (1, height, width), f"{what}: the validity of `{name}`")
        typed(valid, torch.bool, f"{what}: the validity of `{name}`")
        require(target.ndim == 3, f"{what}: the target of `{name}` is {tuple(target.shape)}")
        shaped(target, (len(target), height, width), f"{what}: the target of `{name}`")
        known = target[valid.expand_as(target)]
        finite(known, f"{what}: the valid target of `{name}`")
        if task := task_named(name, subject.catalog):
            shaped(target, (task.channels, height, width), f"{what}: the target of `{name}`")
            typed(target, task.target_dtype, f"{what}: the target of `{name}`")
            if known.numel():
                _check_values(task, target[:, valid[0]], dataset.units.get(name, ""), f"{what}: the target of `{name}`")


def _check_values(task: Task, values: Tensor, unit: str, what: str) -> None:
    try:
        task.check_values(values, unit)
    except DataError as error:
        require(False, f"{what}: {error.message}")


def _some(dataset: Dataset) -> list[int]:
    """Some indices of every split (without targets: of all samples), neighbours and the last among them."""
    try:
        splits = _splits(dataset)
    except SkippedError:
        return _spread(range(len(dataset)))
    indices = [i for name in SPLITS for i in _spread(splits.of(name))]
    require(bool(indices), "its splits are empty")
    return indices


def _spread(indices: Sequence[int]) -> list[int]:
    step = max(1, len(indices) // MOST)
    return list(dict.fromkeys([*indices[:2], *indices[::step], *indices[-1:]]))


CHECKS = (
    can_be_built,
    splits_share_nothing,
    splits_share_no_scene,
    its_probe_indices_show_every_scene,
    samples_have_their_form,
    the_same_index_gives_the_same_bytes,
    known_facts_have_their_form,
    another_process_reads_the_same,
    its_fingerprint_is_stable,
)
