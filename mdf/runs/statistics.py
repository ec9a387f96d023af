"""Every metric's additive statistics of every scored sample, in one Parquet file per trial.

One row per sample: `on` (the data set: "" = the test split, else the label of other data), `id`, `scene`, `tags`,
`seen` (whether its scene was trained on), and for each metric (`mask/iou`, as in the scores' keys before `@`) its
statistics as list<double>, null if the data set does not hold the task. Any score, of all samples, of one condition or
of a resample, is the metric's score of a sum of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mdf.core.errors import MdfError
from mdf.core.files import whole

if TYPE_CHECKING:
    from mdf.engine.scoring import SampleStatistics

STATISTICS = "statistics.parquet"
LABELS = ("on", "id", "scene", "tags", "seen")

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of one data set's N samples, in the order of scoring.

    Attributes:
        ids, scenes, tags: of each sample.
        seen: N bool, whether the sample's scene was trained on.
        tables: N×K float64 by metric (`mask/iou`); a metric is missing if the data do not hold its task.
    """

    ids: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[frozenset[str], ...]
    seen: NDArray[np.bool_]
    tables: Mapping[str, Table]


def labelled(scored: SampleStatistics, trained: Collection[str]) -> Statistics:
    """The samples' ids, scenes and tags, without statistics. `trained` are the scenes that were trained on."""
    seen = np.array([scene in trained for scene in scored.scenes], np.bool_)
    return Statistics(tuple(scored.ids), tuple(scored.scenes), tuple(scored.tags), seen, {})


def write(path: Path, scored: Mapping[str, SampleStatistics], trained: Collection[str]) -> None:
    """Write what was scored on each data set, by label.

    `trained` are the scenes of the training split. A scene of the same name in other data is another scene. Raises
    StorageError if the disk does not allow it.
    """
    parts = [_arrow(on, statistics, trained if on == "" else ()) for on, statistics in scored.items()]
    with whole(path) as beside:
        pq.write_table(pa.concat_tables(parts, promote_options="default"), beside)


def read(path: Path) -> dict[str, Statistics]:
    """The statistics of each data set, by its label. Raises MdfError if the file is missing or damaged."""
    try:
        table = pq.read_table(path)
        return {on: _part(table.filter(pc.field("on") == on)) for on in table["on"].unique().to_pylist()}
    except FileNotFoundError:
        raise MdfError(f"there is no {path}", "run the study again: `mdf benchmark` makes it") from None
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        cure = "remove the trial with `mdf runs rm`, and run the study again"
        raise MdfError(f"cannot read {path}: {error}", cure) from error


def _arrow(on: str, scored: SampleStatistics, trained: Collection[str]) -> pa.Table:
    columns: dict[str, Sequence[str] | Sequence[bool] | pa.Array] = {
        "on": [on] * len(scored.ids),
        "id": scored.ids,
        "scene": scored.scenes,
        "tags": pa.array([sorted(tags) for tags in scored.tags], pa.list_(pa.string())),
        "seen": [scene in trained for scene in scored.scenes],
    }
    for key in scored.parts:
        values = scored.table(key).numpy()
        ends = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
        columns[key.partition("@")[0]] = pa.ListArray.from_arrays(ends, values.ravel())
    return pa.table(columns)


def _part(table: pa.Table) -> Statistics:
    measured = [name for name in table.column_names if name not in LABELS and table[name].null_count == 0]
    return Statistics(
        ids=tuple(table["id"].to_pylist()),
        scenes=tuple(table["scene"].to_pylist()),
        tags=tuple(frozenset(tags) for tags in table["tags"].to_pylist()),
        seen=table["seen"].to_numpy(),
        tables={name: table[name].combine_chunks().flatten().to_numpy().reshape(len(table), -1) for name in measured},
    )


def conditions(images: Statistics) -> dict[str, NDArray[np.bool_]]:
    """The images of each condition: every tag, and seen and unseen backgrounds if there are both."""
    tags: Sequence[str] = sorted(frozenset().union(*images.tags))
    chosen = {tag: np.array([tag in own for own in images.tags]) for tag in tags}
    if images.seen.any() and not images.seen.all():
        chosen |= {"seen background": images.seen, "unseen background": ~images.seen}
    return chosen


def background_notes(images: Statistics) -> list[str]:
    """A note whether the test split's backgrounds were trained on, if there are not both kinds."""
    if images.seen.any() and not images.seen.all():
        return []
    return [f"{'every' if images.seen.all() else 'no'} background of the test split was seen in training"]
