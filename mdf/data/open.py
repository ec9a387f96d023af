"""Opens data sets as trials read them: through the cache where reading takes long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset, SplitName
from mdf.core.errors import ConfigError, DataError
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.data.backgrounds.scenes import find_backgrounds
from mdf.data.cache import CachedDataset, cached
from mdf.data.cache.place import cache_name
from mdf.data.hopeless import label_values, refuse_hopeless
from mdf.data.mixture import Mixture
from mdf.data.scan import Unreadable
from mdf.data.unreadable import check_readable, stored_labels, without_unreadable
from mdf.registry import Catalog

SPLITS: tuple[SplitName, ...] = ("train", "val", "test")


def open_dataset(component: Component, catalog: Catalog) -> Dataset:
    """The data set itself; its files are checked, nothing is decoded.

    Raises
        DataError: a split is empty.
    """
    dataset: Dataset = catalog.create("dataset", component.name, component.options)
    _refuse_empty_splits(component, dataset)
    return dataset


def open_training(config: ExperimentConfig, catalog: Catalog) -> Dataset:
    """The data that `config` trains on: its data set, mixed with those of `extra_train`. Nothing is decoded.

    Raises
        DataError: a split is empty.
    """
    base = open_dataset(config.data, catalog)
    extras = [open_dataset(extra, catalog) for extra in config.extra_train]
    return Mixture(base, extras) if extras else base


def _refuse_empty_splits(component: Component, dataset: Dataset, unreadable: Sequence[Unreadable] = ()) -> None:
    splits = dataset.splits()
    empty = [name for name in SPLITS if len(splits.of(name)) == 0]
    if empty:
        skipped = f" without the {len(unreadable)} that cannot be read" if unreadable else ""
        raise DataError(
            f"data set `{component.name}` has no sample in its {' and '.join(empty)} split",
            f"it holds {len(dataset)} samples in all{skipped}; "
            f"`mdf plugins show dataset {component.name.split(':')[0]}` lists the options that share them out",
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The data of one config.

    Attributes:
        dataset: what is trained on, and scored on its test split.
        elsewhere: by label the other data sets that are scored (`eval_data`).
        unreadable: by data set the samples that are skipped (`skip_bad`).
    """

    dataset: Dataset
    elsewhere: Mapping[str, Dataset]
    unreadable: Mapping[str, Sequence[Unreadable]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """A hash of everything that decides the samples and splits."""
        others = [f"{label}={dataset.fingerprint()}" for label, dataset in sorted(self.elsewhere.items())]
        return "+".join([self.dataset.fingerprint(), *others])


def open_all(config: ExperimentConfig, catalog: Catalog, on_progress: OnProgress | None = None) -> Opened:
    """Every data set of `config`. With `on_progress` each is read once, through the cache, and progress is reported.

    Raises
        DataError: a data set is empty, or (without `skip_bad`) a sample cannot be read.
        ConfigError: a data set of `eval_data` is trained on.
    """
    unreadable: dict[str, Sequence[Unreadable]] = {}

    def ready(component: Component, dataset: Dataset) -> Dataset:
        if on_progress is None:
            return dataset
        if config.skip_bad:
            dataset, bad = without_unreadable(dataset, cache_name(component), on_progress)
            if bad:
                unreadable[component.name] = bad
        return read_through_cache(dataset, component, on_progress)

    base = ready(config.data, open_dataset(config.data, catalog))
    if on_progress is not None:
        is_cached = isinstance(base, CachedDataset)
        seen = label_values(base).seen if is_cached else stored_labels(base, cache_name(config.data))
        refuse_hopeless(seen, config.data.name)
    _refuse_empty_splits(config.data, base, unreadable.get(config.data.name, ()))
    extras = [ready(extra, open_dataset(extra, catalog)) for extra in config.extra_train]
    trained_on = {dataset.fingerprint() for dataset in (base, *extras)}
    elsewhere: dict[str, Dataset] = {}
    for component in config.eval_data:
        dataset = ready(component, catalog.create("dataset", component.name, component.options))
        name = component.name.split(":")[0]
        if not len(dataset) or not dataset.tasks:
            raise DataError(f"data set `{component.name}` has no sample with a truth to score", "leave it out")
        if dataset.fingerprint() in trained_on:
            raise ConfigError(
                f"`--eval-data {component.name}` is trained on: every sample of it would be scored",
                "leave it out: its test split is scored anyway",
            )
        label = name if name not in elsewhere else f"{name}-{len(elsewhere) + 1}"
        elsewhere[label] = dataset
    return Opened(Mixture(base, extras) if extras else base, elsewhere, unreadable)


def check_unchanged(opened: Opened, fingerprint: str, config: ExperimentConfig) -> None:
    """Raises DataError where the data no longer have this `fingerprint`."""
    if opened.fingerprint() != fingerprint:
        names = [component.name for component in (config.data, *config.extra_train, *config.eval_data)]
        raise DataError(
            f"the data have changed since the study began: {', '.join(dict.fromkeys(names))}",
            "do not change them while the study runs; run the command again: changed data make new trials",
        )


def read_through_cache(dataset: Dataset, component: Component, on_progress: OnProgress) -> Dataset:
    """The same data set, read from the cache where it asks for that; the cache is filled first.

    Either way every sample is read once, so that one which cannot be read is an error now and not in the middle of
    training.

    Raises
        DataError: a sample cannot be read, or the cache cannot be written.
    """
    name = cache_name(component)
    refuse_doubtful(dataset, component.name, on_progress)
    through = dataset
    if dataset.cached:
        try:
            through = cached(
                dataset, name, lambda n, total: on_progress(Stage(f"decoding {name} into the cache", n, total))
            )
        except Exception:
            check_readable(dataset, name, on_progress)  # names the sample, where one is the reason
            raise
    if through is dataset:
        check_readable(dataset, name, on_progress)
    return through


def refuse_doubtful(dataset: Dataset, name: str, on_progress: OnProgress) -> None:
    """Raise DataError if the files of a data set leave open what they mean; report what is only worth knowing."""
    doubts = dataset.doubts()
    for doubt in doubts:
        if doubt.level == "error":
            raise DataError(f"{name}: {doubt.message}", doubt.hint)
    for doubt in doubts:
        on_progress(Warned(f"{name}: {doubt.message}; {doubt.hint}"))


def training_members(config: ExperimentConfig, opened: Opened) -> list[tuple[Component, Dataset]]:
    """The data sets that `config` trains on, its own first, each with the component that names it."""
    datasets = opened.dataset.members if isinstance(opened.dataset, Mixture) else [opened.dataset]
    return list(zip((config.data, *config.extra_train), datasets, strict=True))


def trained_scenes(config: ExperimentConfig, opened: Opened, on_progress: OnProgress) -> set[str]:
    """The scenes in the training split of the data set itself, without those of `extra_train`."""
    component, dataset = training_members(config, opened)[0]
    return find_backgrounds(dataset, component, on_progress).scenes_of(dataset.splits().train)
