"""Checks what training and test share though they must not: scenes, and backgrounds that look alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress
from mdf.data.backgrounds.scenes import SceneBackgrounds, find_backgrounds
from mdf.data.backgrounds.similarity import Thumbnail, group_same_places
from mdf.data.open import SPLITS, Opened, training_members

NAMED = 3
"""Names in one message."""
EVAL_DATA = "eval data"
"""Where a scene is that belongs to `eval_data`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """A scene of one of the data sets, and the splits that it is in."""

    name: str
    splits: frozenset[str]
    thumbnail: Thumbnail | None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class _Leak:
    """What is shared; `severe` where scores are then wrong."""

    message: str
    severe: bool


def check_leaks(config: ExperimentConfig, opened: Opened, on_progress: OnProgress, allowed: bool) -> list[str]:
    """What training and test of `config` share, as warnings. Looks at one background of each scene.

    Raises
        DataError: the first severe leak, unless leaks are `allowed` or the split is declared to be in time.
    """
    scenes = _all_scenes(config, opened, on_progress)
    in_time = training_members(config, opened)[0][1].splits().by == "time"
    warnings = []
    for leak in [*_shared_scenes(scenes, in_time), *_same_places(scenes)]:
        if leak.severe and not in_time and not allowed:
            raise DataError(
                f"data set `{config.data.name}` leaks: {leak.message}",
                "give all samples of one camera the same scene, so that they are all in one split; `mdf data check` "
                "lists every such case; `--allow-leaks` continues all the same",
            )
        warnings.append(f"training and test are not apart: {leak.message}")
    return warnings


def _all_scenes(config: ExperimentConfig, opened: Opened, on_progress: OnProgress) -> list[_Scene]:
    """The scenes of the data set itself, those of the data trained on besides, those of the other data scored."""
    (_, base), *extras = training_members(config, opened)
    scenes = _own_scenes(base, find_backgrounds(base, config.data, on_progress))
    for component, dataset in extras:
        backgrounds = find_backgrounds(dataset, component, on_progress)
        for scene in sorted(backgrounds.scenes_of(dataset.splits().train)):
            scenes.append(_Scene(f"{component.name}: {scene}", frozenset({"train"}), backgrounds.thumbnails.get(scene)))
    for component, (label, dataset) in zip(config.eval_data, opened.elsewhere.items(), strict=True):
        backgrounds = find_backgrounds(dataset, component, on_progress)
        for scene, picture in backgrounds.thumbnails.items():
            scenes.append(_Scene(f"{label}: {scene}", frozenset({EVAL_DATA}), picture))
    return scenes


def _own_scenes(dataset: Dataset, backgrounds: SceneBackgrounds) -> list[_Scene]:
    splits = dataset.splits()
    scenes_of = {name: backgrounds.scenes_of(splits.of(name)) for name in SPLITS}
    return [
        _Scene(scene, frozenset(name for name in SPLITS if scene in scenes_of[name]), picture, dataset.synthetic)
        for scene, picture in backgrounds.thumbnails.items()
    ]


def _shared_scenes(scenes: list[_Scene], in_time: bool) -> Iterator[_Leak]:
    """Scenes in more than one split. A split in time declares them: every score of it says so."""
    shared = [scene for scene in scenes if len(scene.splits) > 1]
    if shared and not in_time:
        yield _Leak(f"{_name_scenes(shared)} in more than one split", severe=True)


def _same_places(scenes: list[_Scene]) -> Iterator[_Leak]:
    """Scenes of different names, in different splits, that show nearly the same background."""
    visible = [(scene, scene.thumbnail) for scene in scenes if scene.thumbnail is not None and scene.splits]
    if not visible:
        return
    places: dict[int, list[_Scene]] = {}
    groups = group_same_places(np.stack([picture for _, picture in visible]))
    for (scene, _), group in zip(visible, groups, strict=True):
        places.setdefault(group, []).append(scene)
    for place in places.values():
        splits: frozenset[str] = frozenset().union(*(scene.splits for scene in place))
        if len(place) == 1 or all(scene.synthetic for scene in place):
            continue
        message = f"{_name_scenes(place)} show nearly the same background"
        if len(splits - {EVAL_DATA}) > 1 and len({scene.splits for scene in place}) > 1:
            yield _Leak(message, severe=True)
        elif splits >= {EVAL_DATA, "train"}:
            yield _Leak(message, severe=False)


def _name_scenes(scenes: Sequence[_Scene]) -> str:
    named = name_some([(scene.name, in_order(scene.splits)) for scene in scenes])
    return f"scene{'s' if len(scenes) > 1 else ''} {named}"


def name_some(labels: Sequence[tuple[str, str]]) -> str:
    """A few of `labels`, names with the splits that they are in, as text; those of different splits come first."""
    one_each = {splits: (name, splits) for name, splits in reversed(labels)}
    ordered = [*reversed(one_each.values()), *(label for label in labels if one_each[label[1]] != label)]
    text = ", ".join(f"`{name}`{f' ({splits})' if splits else ''}" for name, splits in ordered[:NAMED])
    return text + (f" and {len(ordered) - NAMED} more" if len(ordered) > NAMED else "")


def in_order(splits: Collection[str]) -> str:
    """The names of some splits as text, always in one order: `train and test`."""
    return " and ".join(name for name in (*SPLITS, EVAL_DATA) if name in splits)
