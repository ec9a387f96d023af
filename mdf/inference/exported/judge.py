"""What a reduced precision costs in scores, on the run's own data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError
from mdf.core.exporter import Array
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.core.spread import spread
from mdf.data.cache.place import cache_name
from mdf.data.open import open_dataset, read_through_cache
from mdf.data.unreadable import without_unreadable
from mdf.engine.evaluation import guided_range, score
from mdf.engine.parts import Parts
from mdf.engine.prepare.guide import guidance
from mdf.engine.prepare.resize import resize_images
from mdf.engine.scoring import Column
from mdf.inference.exported.network import ExportedNetwork
from mdf.inference.exported.request import ALLOWED_LOSS, ExportRequest
from mdf.models import assemble
from mdf.models.export.card import BG, FRAME
from mdf.models.restore import Restored
from mdf.registry import Catalog

CALIBRATED = 64
"""Training samples whose ranges are seen."""
Pair = tuple[ExportedNetwork, ExportedNetwork]
"""A network in float32, and in a reduced precision."""


class Judge:
    """The run's own data: what a reduced precision is chosen on and reported on, and 8-bit integers calibrated on."""

    def __init__(self, run: Restored, request: ExportRequest, catalog: Catalog, on_progress: OnProgress) -> None:
        self._run, self._request, self._on_progress = run, request, on_progress
        self.plugins = request.plugins
        config = run.config
        dataset: Dataset = open_dataset(config.data, catalog)
        if config.skip_bad:
            dataset, _ = without_unreadable(dataset, cache_name(config.data), on_progress)
        self.splits = dataset.splits()
        self._dataset = assemble.knowing(config, catalog, read_through_cache(dataset, config.data, on_progress))
        tasks = [task for task in run.tasks if task in dataset.tasks]
        self._by_task = {task: assemble.columns(config, task, catalog) for task in tasks}
        self.columns: list[Column] = [column for columns in self._by_task.values() for column in columns]
        unknown = [key for key in request.max_loss if not any(_means(key, column) for column in self.columns)]
        if unknown:
            known = ", ".join(column.key for column in self.columns)
            raise ConfigError(f"`--max-loss {unknown[0]}` is no score of this run", f"its scores: {known}")

    def samples(self, size: tuple[int, int]) -> Iterator[dict[str, Array]]:
        """Training samples, evenly spread: `bg` and `frame` 1×3×H×W uint8."""
        train = self.splits.train
        for position in spread(len(train), CALIBRATED):
            batch = self._dataset.read([train[position]])
            yield {BG: _array(batch.bg, size), FRAME: _array(batch.fg_bg, size)}

    def objection_to(self, networks: Pair) -> str:
        """Why the second of both is not to be used, by the validation split; "" if nothing speaks against it."""
        before, after = (self._scores(network, self.splits.val, "validation") for network in networks)
        return self.objection_between(before, after)

    def on_test(self, networks: Pair) -> tuple[dict[str, float], dict[str, float]]:
        """Of the test split the scores of the second, and how much worse than those of the first each is."""
        before, after = (self._scores(network, self.splits.test, "test") for network in networks)
        return after, self.changes(before, after)

    def _scores(self, network: ExportedNetwork, indices: Sequence[int], what: str) -> dict[str, float]:
        """The scores of a network by column."""

        def predict(batch: Batch) -> Mapping[str, Tensor]:
            return _predicted(network, batch)

        done = 0

        def on_batch(count: int) -> None:
            nonlocal done
            done += count
            self._on_progress(Stage(f"scoring {what}", done, len(indices)))

        parts = Parts(self._dataset, self._run.tasks, self.columns)
        found = score(parts, self._run.config, self._run.runtime, predict, indices, on_batch).scores(self.columns)
        return {key: value for key, value in found.items() if value == value}

    def changes(self, before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
        """How much worse each score has become."""
        better = {column.key: 1 if column.metric.protocol.direction == "higher" else -1 for column in self.columns}
        return {key: better[key] * (before[key] - after[key]) for key in before if key in after}

    def objection_between(self, before: Mapping[str, float], after: Mapping[str, float]) -> str:
        """Which score became too much worse on the validation split; "" if none did."""
        changes, allowed = self.changes(before, after), self._allowed(before)
        if not allowed:
            return "it could not be judged: the validation split gives no score"
        for key, most in allowed.items():
            if key not in changes:
                return f"{key} could not be judged on validation"
            if changes[key] > most:
                return f"{key} became worse by {changes[key]:.4f} on validation, and {most:.4f} is allowed"
        return ""

    def _allowed(self, before: Mapping[str, float]) -> dict[str, float]:
        asked = self._request.max_loss
        if asked:
            return {c.key: loss for key, loss in asked.items() for c in self.columns if _means(key, c)}
        first = [columns[0].key for columns in self._by_task.values() if columns]
        return {key: ALLOWED_LOSS * abs(before[key]) for key in first if key in before}


def _predicted(network: ExportedNetwork, batch: Batch) -> dict[str, Tensor]:
    """With the depth of the empty scene, where it is known and read."""
    depth = batch.known.get(BACKGROUND_DEPTH) if network.reads_depth else None
    if depth is None:
        return network.values(network.background(batch.bg), batch.fg_bg)
    guide = guidance(depth, batch.size, guided_range(network.tasks, network.guided))
    values = network.values(network.background(batch.bg, guide.small), batch.fg_bg)
    return values | {task: guide.sharpened(values[task]) for task in network.guided}


def _array(images: Tensor, size: tuple[int, int]) -> Array:
    return resize_images(images, size).contiguous().numpy()


def _means(key: str, column: Column) -> bool:
    return key in (column.key, column.name)
