"""8-bit integers, kept only where they are faster on this machine and cost little of the scores."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from mdf.core.background import spread
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError, MdfError
from mdf.core.exporter import Array, Arrays, Exporter
from mdf.core.files import write_text
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import Batch
from mdf.data.cache.place import cache_name
from mdf.data.open import open_dataset, read_through_cache
from mdf.data.unreadable import without_unreadable
from mdf.engine.evaluation import score
from mdf.engine.parts import Parts
from mdf.engine.prepare.resize import resize_images
from mdf.engine.scoring import Column
from mdf.inference.exported.measure import costs_of
from mdf.inference.exported.network import ExportedNetwork
from mdf.inference.exported.request import ALLOWED_LOSS, ExportCosts, ExportedFormat, ExportRequest, folders_of
from mdf.models import assemble
from mdf.models.export.card import BG, FRAME, OF_BACKGROUND, OF_FRAME, Card, digest_of, read_card, write_card
from mdf.models.export.describe import README_FILE, readme_of
from mdf.models.restore import Restored
from mdf.registry import Catalog

CALIBRATED = 64
"""Training samples whose ranges are seen."""
TURNS = 3
LOSES_DEPTH = "8-bit integers lose the depth of the empty scene, which this network reads (decision 54)"


class Judge:
    """The run's own data: what 8-bit integers are calibrated on, chosen on, and reported on."""

    def __init__(self, run: Restored, request: ExportRequest, catalog: Catalog, on_progress: OnProgress) -> None:
        self._run, self._request, self._on_progress = run, request, on_progress
        self.plugins = request.plugins
        config = run.config
        dataset: Dataset = open_dataset(config.data, catalog)
        if config.skip_bad:
            dataset, _ = without_unreadable(dataset, cache_name(config.data), on_progress)
        self.splits = dataset.splits()
        self._dataset = read_through_cache(dataset, config.data, on_progress)
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

    def scores(self, network: ExportedNetwork, indices: Sequence[int], what: str) -> dict[str, float]:
        """The scores of a network by column."""

        def predict(batch: Batch) -> Mapping[str, Tensor]:
            return network.values(network.background(batch.bg), batch.fg_bg)

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

    def objection(self, before: Mapping[str, float], after: Mapping[str, float]) -> str:
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


def try_int8(judge: Judge, run: Restored, exporter: Exporter, row: ExportedFormat, threads: int) -> ExportedFormat:
    """A row for 8-bit integers of the format that `row` exported. Their folder is kept only where they pay."""
    plain = Path(row.folder)
    _, folder = folders_of(plain.parent, plain.name)
    tried = replace(row, precision="int8", status="not kept", folder="", difference=None, sizes=(), megabytes=None)
    if not exporter.can_quantise:
        return replace(tried, reason="this format has no 8-bit integers", costs=None)
    if run.model.guided:
        return replace(tried, reason=LOSES_DEPTH, costs=None)
    beside = plain.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(plain, beside)
        card = _quantise(judge, exporter, beside, threads)
        networks = [ExportedNetwork(p, c, exporter, run.tasks, c.size, threads) for p, c in _both(plain, beside, card)]
        on_val = [judge.scores(network, judge.splits.val, "validation") for network in networks]
        reason = judge.objection(*on_val)
        plain_costs, costs = _in_turns((plain, beside), card.size, threads, judge.plugins)
        reason = reason or _slower(plain_costs, costs)
        tried = replace(tried, costs=costs, megabytes=_megabytes(beside, card))
        if reason:
            return replace(tried, reason=reason)
        on_test = [judge.scores(network, judge.splits.test, "test") for network in networks]
        shutil.rmtree(folder, ignore_errors=True)
        beside.replace(folder)
        changes = judge.changes(*on_test)
        return replace(tried, status="ok", folder=str(folder), scores=on_test[1], changes=changes)
    except MdfError as error:
        reason = " – ".join(filter(None, [error.message, error.hint]))
        return replace(tried, status="failed", reason=reason, costs=None)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _quantise(judge: Judge, exporter: Exporter, folder: Path, threads: int) -> Card:
    """Every graph of the folder in 8-bit integers; the frame's graph sees what the background's gives in float32."""
    card = read_card(folder)
    seen = list(judge.samples(card.size))
    inputs: dict[str, list[Arrays]] = {name: list(seen) for name in card.graphs}
    if OF_BACKGROUND in card.graphs:
        first = exporter.open(folder, OF_BACKGROUND, threads)
        of_background = card.graphs[OF_BACKGROUND]
        inputs[OF_FRAME] = [{**sample, **first(of_background.fed(sample))} for sample in seen]
    for name, graph in card.graphs.items():
        exporter.quantise(folder, name, [graph.fed(sample) for sample in inputs[name]])
    files = [file for graph in card.graphs.values() for file in graph.files]
    card = replace(card, precision="int8", sha256={file: digest_of(folder / file) for file in files})
    write_text(folder / README_FILE, readme_of(card, exporter))
    write_card(folder, card)
    return card


def _both(plain: Path, beside: Path, card: Card) -> list[tuple[Path, Card]]:
    return [(plain, read_card(plain)), (beside, card)]


def _in_turns(
    folders: Sequence[Path], size: tuple[int, int], threads: int, plugins: Sequence[str]
) -> list[ExportCosts | None]:
    """The best of each folder's costs, taken in turns, so that a busy moment of the machine does not decide."""
    rounds = [[costs_of(folder, size, threads, plugins) for folder in folders] for _ in range(TURNS)]
    each = [[costs for costs in own if costs is not None] for own in zip(*rounds, strict=True)]
    return [min(own, key=lambda costs: costs.milliseconds, default=None) for own in each]


def _slower(before: ExportCosts | None, after: ExportCosts | None) -> str:
    if before is None or after is None:
        return "it could not be timed"
    if after.milliseconds < before.milliseconds:
        return ""
    return f"not faster here: {after.milliseconds:.1f} ms a frame against {before.milliseconds:.1f}"


def _megabytes(folder: Path, card: Card) -> float:
    return sum((folder / file).stat().st_size for file in card.sha256) / 1e6


def _array(images: Tensor, size: tuple[int, int]) -> Array:
    return resize_images(images, size).contiguous().numpy()


def _means(key: str, column: Column) -> bool:
    return key in (column.key, column.name)
