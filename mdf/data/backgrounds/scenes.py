"""Each sample's scene and a thumbnail of each scene's background; found once, and stored beside the caches."""

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
from mdf.data.backgrounds.similarity import SIDE, Thumbnail, thumbnail
from mdf.data.cache import CachedDataset, cache_folder
from mdf.data.cache.place import cache_name
from mdf.data.scan import Unreadable, read_each

FORMAT = 3


@dataclass(frozen=True, slots=True)
class SceneBackgrounds:
    """The backgrounds of one data set.

    Attributes:
        scenes: the scene of each sample that was read, by its index.
        thumbnails: by scene the background of its first sample; None where that is flat. One frame of a scene is enough
            to say which place it shows.
    """

    scenes: Mapping[int, str]
    thumbnails: Mapping[str, Thumbnail | None]

    def scenes_of(self, indices: Iterable[int]) -> set[str]:
        """The scenes of the samples at `indices`, as far as they were read."""
        return {self.scenes[index] for index in indices if index in self.scenes}


@dataclass
class BackgroundCollector:
    """Collects the backgrounds of a data set while its samples are read for another reason."""

    scenes: dict[int, str] = field(default_factory=dict)
    thumbnails: dict[str, Thumbnail | None] = field(default_factory=dict)

    def add(self, index: int, sample: Sample | Unreadable) -> None:
        """Take note of the next sample; one that cannot be read has no scene."""
        if isinstance(sample, Unreadable):
            return
        self.scenes[index] = sample.scene
        if sample.scene not in self.thumbnails:
            self.thumbnails[sample.scene] = thumbnail(sample.bg)

    def result(self) -> SceneBackgrounds:
        """What was collected."""
        return SceneBackgrounds(self.scenes, self.thumbnails)


def find_backgrounds(dataset: Dataset, component: Component, on_progress: OnProgress) -> SceneBackgrounds:
    """The backgrounds of a data set, which is `component`.

    They are read from the file beside its cache. Where there is none, the probe indices of the data set are read once;
    of a filled cache one sample of each scene.
    """
    name = cache_name(component)
    backgrounds = load_backgrounds(dataset, name)
    if backgrounds is None:
        if isinstance(dataset, CachedDataset):
            backgrounds = _from_cache(dataset)
        else:
            backgrounds = _from_samples(dataset, on_progress)
        store_backgrounds(backgrounds, dataset, name)
    return backgrounds


def store_backgrounds(backgrounds: SceneBackgrounds, dataset: Dataset, name: str) -> None:
    """Store the backgrounds of a data set; `name` is that of its cache. A full disk is no error: it only saves time."""
    table = {
        "format": FORMAT,
        "samples": len(dataset),
        "scenes": list(backgrounds.scenes.items()),
        "thumbnails": {scene: _encoded(picture) for scene, picture in backgrounds.thumbnails.items()},
    }
    with suppress(MdfError):
        write_json(_file(dataset, name), table)


def load_backgrounds(dataset: Dataset, name: str) -> SceneBackgrounds | None:
    """The stored backgrounds of a data set; None where there are none that can be used."""
    try:
        stored = read_json(_file(dataset, name))
        if stored["format"] != FORMAT or stored["samples"] != len(dataset):
            return None
        thumbnails = {scene: _decoded(text) for scene, text in stored["thumbnails"].items()}
        return SceneBackgrounds(dict(stored["scenes"]), thumbnails)
    except (MdfError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _file(dataset: Dataset, name: str) -> Path:
    folder = cache_folder(dataset, name)
    return folder.with_name(f"{folder.name}.backgrounds.json")


def _encoded(picture: Thumbnail | None) -> str | None:
    return None if picture is None else base64.b64encode(picture.tobytes()).decode()


def _decoded(text: str | None) -> Thumbnail | None:
    return None if text is None else np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE)


def _from_cache(dataset: CachedDataset) -> SceneBackgrounds:
    first: dict[str, int] = {}
    for index, scene in enumerate(dataset.scenes):
        first.setdefault(scene, index)
    return SceneBackgrounds(
        dict(enumerate(dataset.scenes)),
        {scene: thumbnail(dataset.read([index]).bg[0]) for scene, index in first.items()},
    )


def _from_samples(dataset: Dataset, on_progress: OnProgress) -> SceneBackgrounds:
    collector, probe_indices = BackgroundCollector(), dataset.probe_indices()
    for done, (index, sample) in enumerate(read_each(dataset, probe_indices)):
        collector.add(index, sample)
        if done % 32 == 0:
            on_progress(Stage("looking at the backgrounds", done, len(probe_indices)))
    return collector.result()
