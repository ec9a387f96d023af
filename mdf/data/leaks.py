"""The leak audit: scenes, and backgrounds that look alike, which training and test share though they must not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress
from mdf.data.backgrounds import Places, look
from mdf.data.open import SPLITS, Opened, members
from mdf.data.perceptual import Thumbnail, places

NAMED = 3
ELSEWHERE = "scored besides"


@dataclass(frozen=True, slots=True)
class _Place:
    """A scene of one of the data sets, and the splits that it is in; `drawn`: no two of its set are one place."""

    name: str
    splits: frozenset[str]
    picture: Thumbnail | None
    synthetic: bool = False


def audit(config: ExperimentConfig, opened: Opened, on_progress: OnProgress, allowed: bool) -> list[str]:
    """What training and test of `config` share, as warnings. One background a scene is looked at, once a data set.

    Raises DataError at the first of them unless leaks are `allowed`; in the declared split in time, and of data that
    are scored besides, it is a warning anyway.
    """
    sets = members(config, opened)
    base = sets[0][1]
    seen = [_places(base, look(base, config.data, on_progress))]
    for component, dataset in sets[1:]:
        found = look(dataset, component, on_progress)
        kept = found.of(dataset.splits().train)
        seen.append(
            [_Place(f"{component.name}: {s}", frozenset({"train"}), found.pictures.get(s)) for s in sorted(kept)]
        )
    for component, (label, dataset) in zip(config.eval_data, opened.elsewhere.items(), strict=True):
        found = look(dataset, component, on_progress)
        seen.append([_Place(f"{label}: {s}", frozenset({ELSEWHERE}), x) for s, x in found.pictures.items()])
    in_time = base.splits().by == "time"
    told = []
    for leak, severe in [*_shared(seen[0], in_time), *_alike([place for part in seen for place in part])]:
        if severe and not in_time and not allowed:
            raise DataError(
                f"data set `{config.data.name}` leaks: {leak}",
                "give one camera one scene (one background) so that one split gets all of it; `mdf data check` lists "
                "every such case, `--allow-leaks` goes on all the same",
            )
        told.append(f"training and test are not apart: {leak}")
    return told


def _places(dataset: Dataset, found: Places) -> list[_Place]:
    splits = dataset.splits()
    of = {name: found.of(splits.of(name)) for name in SPLITS}
    return [
        _Place(scene, frozenset(name for name in SPLITS if scene in of[name]), picture, dataset.synthetic)
        for scene, picture in found.pictures.items()
    ]


def _shared(base: list[_Place], in_time: bool) -> Iterator[tuple[str, bool]]:
    """Scenes in more than one split; of a split in time that is declared, and told with every score."""
    shared = [place for place in base if len(place.splits) > 1]
    if shared and not in_time:
        yield f"{_listed(shared)} in more than one split", True


def _alike(seen: list[_Place]) -> Iterator[tuple[str, bool]]:
    """Scenes of different names, in different splits, that show nearly the same background."""
    visible = [place for place in seen if place.picture is not None and place.splits]
    if not visible:
        return
    alike: dict[int, list[_Place]] = {}
    numbers = places(np.stack([place.picture for place in visible if place.picture is not None]))
    for place, number in zip(visible, numbers, strict=True):
        alike.setdefault(number, []).append(place)
    for group in alike.values():
        splits = frozenset().union(*(place.splits for place in group))
        within = splits - {ELSEWHERE}
        if all(place.synthetic for place in group):
            continue
        if len(group) > 1 and len(within) > 1 and len({place.splits for place in group}) > 1:
            yield f"{_listed(group)} show nearly the same background", True
        elif len(group) > 1 and ELSEWHERE in splits and "train" in splits:
            yield f"{_listed(group)} show nearly the same background", False


def _listed(group: list[_Place]) -> str:
    """A few of the scenes, each with its splits, as many different splits as there are."""
    one_each = {place.splits: place for place in reversed(group)}
    named = [*reversed(one_each.values()), *(place for place in group if place not in one_each.values())]
    text = ", ".join(f"`{place.name}` ({_in_order(place.splits)})" for place in named[:NAMED])
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return f"scene{'s' if len(named) > 1 else ''} {text}{more}"


def _in_order(splits: frozenset[str]) -> str:
    return " and ".join(name for name in (*SPLITS, ELSEWHERE) if name in splits)
