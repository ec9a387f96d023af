"""Opens a data set as trials read it: through the uint8 cache where reading it is dear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset, SplitName
from mdf.core.errors import ConfigError, DataError
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.data.backgrounds import look
from mdf.data.cache import CachedDataset, cached
from mdf.data.cache.place import cache_name
from mdf.data.hopeless import mask_values, refuse_hopeless
from mdf.data.mixture import Mixture
from mdf.data.scan import Unreadable
from mdf.data.unreadable import check_readable, kept_mask_values, without_unreadable
from mdf.registry import Catalog

SPLITS: tuple[SplitName, ...] = ("train", "val", "test")


def open_dataset(component: Component, catalog: Catalog) -> Dataset:
    """The data set itself, its files checked, nothing decoded. Raises DataError where a split is empty."""
    dataset: Dataset = catalog.create("dataset", component.name, component.options)
    _refuse_empty_splits(component, dataset)
    return dataset


def open_training(config: ExperimentConfig, catalog: Catalog) -> Dataset:
    """What `config` trains on, its files checked, nothing decoded: its data set, with those of `extra_train`."""
    base = open_dataset(config.data, catalog)
    extras = [open_dataset(extra, catalog) for extra in config.extra_train]
    return Mixture(base, extras) if extras else base


def _refuse_empty_splits(component: Component, dataset: Dataset, unreadable: Sequence[Unreadable] = ()) -> None:
    splits = dataset.splits()
    empty = [name for name in SPLITS if len(splits.of(name)) == 0]
    if empty:
        left_out = f" without the {len(unreadable)} that cannot be read" if unreadable else ""
        raise DataError(
            f"data set `{component.name}` has no sample in its {' and '.join(empty)} split",
            f"it holds {len(dataset)} samples in all{left_out}; "
            f"`mdf plugins show dataset {component.name.split(':')[0]}` lists the options that share them out",
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The data of one config: what trains and is scored on its splits, and what is scored beside that, by label.

    `unreadable` holds the samples that are left out (`skip_bad`), by data set.
    """

    dataset: Dataset
    elsewhere: Mapping[str, Dataset]
    unreadable: Mapping[str, Sequence[Unreadable]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """A hash of everything that decides the samples and splits."""
        others = [f"{label}={dataset.fingerprint()}" for label, dataset in sorted(self.elsewhere.items())]
        return "+".join([self.dataset.fingerprint(), *others])


def open_all(config: ExperimentConfig, catalog: Catalog, on_progress: OnProgress | None = None) -> Opened:
    """Every data set of `config`; read whole, through the cache, where a `on_progress` is given to tell of it.

    Raises DataError where one is empty or (without `skip_bad`) a sample cannot be read, ConfigError where one is to
    be scored that was trained on.
    """
    unreadable: dict[str, Sequence[Unreadable]] = {}

    def ready(component: Component, dataset: Dataset) -> Dataset:
        if on_progress is None:
            return dataset
        if config.skip_bad:
            dataset, found = without_unreadable(dataset, cache_name(component), on_progress)
            if found:
                unreadable[component.name] = found
        return read_through_cache(dataset, component, on_progress)

    base = ready(config.data, open_dataset(config.data, catalog))
    if on_progress is not None and "mask" in base.tasks:
        name = cache_name(config.data)
        seen = mask_values(base) if isinstance(base, CachedDataset) else kept_mask_values(base, name)
        refuse_hopeless(seen, config.data.name)
    _refuse_empty_splits(config.data, base, unreadable.get(config.data.name, ()))
    extras = [ready(extra, open_dataset(extra, catalog)) for extra in config.extra_train]
    known = {dataset.fingerprint() for dataset in (base, *extras)}
    elsewhere: dict[str, Dataset] = {}
    for component in config.eval_data:
        dataset = ready(component, catalog.create("dataset", component.name, component.options))
        name = component.name.split(":")[0]
        if not len(dataset) or not dataset.tasks:
            raise DataError(f"data set `{component.name}` has no sample with a truth to score", "leave it out")
        if dataset.fingerprint() in known:
            raise ConfigError(
                f"`--eval-data {component.name}` is trained on: every sample of it would be scored",
                "leave it out: its test split is scored anyway",
            )
        label = name if name not in elsewhere else f"{name}-{len(elsewhere) + 1}"
        elsewhere[label] = dataset
    return Opened(Mixture(base, extras) if extras else base, elsewhere, unreadable)


def check_unchanged(opened: Opened, fingerprint: str, config: ExperimentConfig) -> None:
    """Raises DataError where the data are not those of `fingerprint`, by which they were known before."""
    if opened.fingerprint() != fingerprint:
        names = [component.name for component in (config.data, *config.extra_train, *config.eval_data)]
        raise DataError(
            f"the data have changed since the study began: {', '.join(dict.fromkeys(names))}",
            "leave them as they are while it runs, and run the command again: changed data make trials of their own",
        )


def read_through_cache(dataset: Dataset, component: Component, on_progress: OnProgress) -> Dataset:
    """The same data set, decoded once into the cache where it asks for that.

    Every sample is read once on the way, so that one which cannot be is a DataError now and not amid training: to
    fill the cache reads them all; reading the others is cheap, or their data set would ask for the cache.
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
            check_readable(dataset, name, on_progress)
            raise
    if through is dataset:
        check_readable(dataset, name, on_progress)
    return through


def refuse_doubtful(dataset: Dataset, name: str, on_progress: OnProgress) -> None:
    """Raise DataError where it is doubtful what files of a data set mean; tell what is only to be known."""
    doubts = dataset.doubts()
    for doubt in doubts:
        if doubt.level == "error":
            raise DataError(f"{name}: {doubt.message}", doubt.hint)
    for doubt in doubts:
        on_progress(Warned(f"{name}: {doubt.message}; {doubt.hint}"))


def members(config: ExperimentConfig, opened: Opened) -> list[tuple[Component, Dataset]]:
    """The data set of `config`, then those that are trained on besides."""
    datasets = opened.dataset.members if isinstance(opened.dataset, Mixture) else [opened.dataset]
    return list(zip((config.data, *config.extra_train), datasets, strict=True))


def trained_scenes(config: ExperimentConfig, opened: Opened, on_progress: OnProgress) -> set[str]:
    """The scenes of the data set's own training split."""
    component, dataset = members(config, opened)[0]
    return look(dataset, component, on_progress).of(dataset.splits().train)
