"""Of one data set the scene of every sample and what each scene's background looks like, kept beside the caches."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mdf.core.config import Component
from mdf.core.dataset import Dataset
from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import Sample
from mdf.data.cache import CachedDataset, cache_folder
from mdf.data.cache.place import cache_name
from mdf.data.perceptual import SIDE, Thumbnail, thumbnail
from mdf.data.scan import Unreadable, read_each

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Places:
    """Of one data set: the scene of each sample that was looked at, and each scene's background small and grey (None:
    nothing to be seen).

    A scene's background is its first sample's: one frame of a scene tells which place it is.
    """

    scenes: Mapping[int, str]
    pictures: Mapping[str, Thumbnail | None]

    def of(self, indices: Iterable[int]) -> set[str]:
        """The scenes of the samples at `indices`."""
        return {self.scenes[index] for index in indices if index in self.scenes}


@dataclass
class Look:
    """The places of a data set while its samples are read."""

    scenes: dict[int, str] = field(default_factory=dict)
    pictures: dict[str, Thumbnail | None] = field(default_factory=dict)

    def at(self, index: int, sample: Sample | Unreadable) -> None:
        """The next sample; one that cannot be read is at no place."""
        if isinstance(sample, Unreadable):
            return
        self.scenes[index] = sample.scene
        if sample.scene not in self.pictures:
            self.pictures[sample.scene] = thumbnail(sample.bg)

    @property
    def places(self) -> Places:
        """What was seen."""
        return Places(self.scenes, self.pictures)


def keep(known: Places, dataset: Dataset, name: str) -> None:
    """Remember the places of a data set; `name` is that of its cache."""
    scenes = list(known.scenes.items())
    table = {"format": FORMAT, "samples": len(dataset), "scenes": scenes, "pictures": _written(known)}
    with suppress(MdfError):  # it only saves time
        write_json(_file(dataset, name), table)


def kept(dataset: Dataset, name: str) -> Places | None:
    """What is remembered of it; None where nothing is."""
    try:
        found = read_json(_file(dataset, name))
        if found["format"] != FORMAT or found["samples"] != len(dataset):
            return None
        pictures = {scene: None if text is None else _picture(text) for scene, text in found["pictures"].items()}
        return Places(dict(found["scenes"]), pictures)
    except (MdfError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _file(dataset: Dataset, name: str) -> Path:
    folder = cache_folder(dataset, name)
    return folder.with_name(f"{folder.name}.places.json")


def _written(known: Places) -> dict[str, str | None]:
    return {s: None if x is None else base64.b64encode(x.tobytes()).decode() for s, x in known.pictures.items()}


def _picture(text: str) -> Thumbnail:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE)


def look(dataset: Dataset, component: Component, on_progress: OnProgress) -> Places:
    """Find the places of a data set, or remember them: its probe indices are read once; of a filled cache one sample a
    scene."""
    name = cache_name(component)
    known = kept(dataset, name)
    if known is None:
        known = _from_cache(dataset) if isinstance(dataset, CachedDataset) else _from_samples(dataset, on_progress)
        keep(known, dataset, name)
    return known


def _from_cache(dataset: CachedDataset) -> Places:
    first: dict[str, int] = {}
    for index, scene in enumerate(dataset.scenes):
        first.setdefault(scene, index)
    return Places(
        dict(enumerate(dataset.scenes)),
        {scene: thumbnail(dataset.read([index]).bg[0]) for scene, index in first.items()},
    )


def _from_samples(dataset: Dataset, on_progress: OnProgress) -> Places:
    found, probe_indices = Look(), dataset.probe_indices()
    for done, (index, sample) in enumerate(read_each(dataset, probe_indices)):
        found.at(index, sample)
        if done % 32 == 0:
            on_progress(Stage("looking at the backgrounds", done, len(probe_indices)))
    return found.places
