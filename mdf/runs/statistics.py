"""Every metric's additive statistics of every scored sample, in one Parquet file a trial.

One row a sample: `on` (the data set: "" = the test split, else the label of one that is scored besides), `id`, `scene`,
`tags`, `seen` (whether its scene was trained on), and for each metric (`mask/iou`, as in the scores' keys before `@`)
its statistics as list<double>, null where the data set does not hold the task. Any score, of all samples, of one
condition or of a resample, is the metric's score of a sum of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """The statistics of one data set's samples, in the order they were scored.

    Attributes:
        ids, scenes, tags: of each of the N samples.
        seen: N bool, whether the sample's scene was trained on.
        tables: N×K float64 by metric (`mask/iou`); a metric of a task that the data do not hold is missing.
    """

    ids: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[frozenset[str], ...]
    seen: NDArray[np.bool_]
    tables: Mapping[str, Table]


def labelled(found: SampleStatistics, trained: Collection[str]) -> Statistics:
    """Where the samples come from, `trained` being the scenes that were trained on; without their statistics."""
    seen = np.array([scene in trained for scene in found.scenes], np.bool_)
    return Statistics(tuple(found.ids), tuple(found.scenes), tuple(found.tags), seen, {})


def write(path: Path, found: Mapping[str, SampleStatistics], trained: Collection[str]) -> None:
    """Write what was scored on each data set, by label; `trained` are the scenes of the training split, which other
    data sets' scenes of the same name are not."""
    parts = [_arrow(on, statistics, trained if on == "" else ()) for on, statistics in found.items()]
    with whole(path) as beside:
        pq.write_table(pa.concat_tables(parts, promote_options="default"), beside)


def read(path: Path) -> dict[str, Statistics]:
    """The statistics of each data set, by its label. Raises MdfError where the file is missing or damaged."""
    try:
        table = pq.read_table(path)
        return {on: _part(table.filter(pc.field("on") == on)) for on in table["on"].unique().to_pylist()}
    except FileNotFoundError:
        raise MdfError(f"there is no {path}", "run the study again: `mdf benchmark` makes it") from None
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        cure = "remove the trial with `mdf runs rm`, and run the study again"
        raise MdfError(f"cannot read {path}: {error}", cure) from error


def _arrow(on: str, found: SampleStatistics, trained: Collection[str]) -> Any:
    columns: dict[str, Any] = {
        "on": [on] * len(found.ids),
        "id": found.ids,
        "scene": found.scenes,
        "tags": pa.array([sorted(tags) for tags in found.tags], pa.list_(pa.string())),
        "seen": [scene in trained for scene in found.scenes],
    }
    for key in found.parts:
        values = found.table(key).numpy()
        ends = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
        columns[key.partition("@")[0]] = pa.ListArray.from_arrays(ends, values.ravel())
    return pa.table(columns)


def _part(table: Any) -> Statistics:
    measured = [name for name in table.column_names if name not in LABELS and table[name].null_count == 0]
    return Statistics(
        ids=tuple(table["id"].to_pylist()),
        scenes=tuple(table["scene"].to_pylist()),
        tags=tuple(frozenset(tags) for tags in table["tags"].to_pylist()),
        seen=table["seen"].to_numpy(),
        tables={name: table[name].combine_chunks().flatten().to_numpy().reshape(len(table), -1) for name in measured},
    )


def conditions(images: Statistics) -> dict[str, NDArray[np.bool_]]:
    """The images of each condition: every tag, and, where there are both, seen and unseen backgrounds."""
    tags: Sequence[str] = sorted(frozenset().union(*images.tags))
    found = {tag: np.array([tag in own for own in images.tags]) for tag in tags}
    if images.seen.any() and not images.seen.all():
        found |= {"seen background": images.seen, "unseen background": ~images.seen}
    return found


def told_of_backgrounds(images: Statistics) -> list[str]:
    """Whether the test split's backgrounds were trained on, where no two conditions tell it."""
    if images.seen.any() and not images.seen.all():
        return []
    return [f"{'every' if images.seen.all() else 'no'} background of the test split was seen in training"]
