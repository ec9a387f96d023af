"""8-bit integers, kept only where they are faster on this machine and cost little of the scores."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.exporter import Arrays, Exporter
from mdf.core.files import write_text
from mdf.inference.exported.judge import Judge
from mdf.inference.exported.measure import costs_of
from mdf.inference.exported.network import ExportedNetwork
from mdf.inference.exported.request import ExportCosts, ExportedFormat, folders_of
from mdf.models.export.card import OF_BACKGROUND, OF_FRAME, Card, digest_of, read_card, write_card
from mdf.models.export.describe import README_FILE, readme_of
from mdf.models.restore import Restored

TURNS = 3
LOSES_DEPTH = "8-bit integers lose the depth of the empty scene, which this network reads (decision 54)"


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
        exact = ExportedNetwork(plain, read_card(plain), exporter, run.tasks, card.size, threads)
        networks = exact, ExportedNetwork(beside, card, exporter, run.tasks, card.size, threads)
        reason = judge.objection_to(networks)
        plain_costs, costs = _in_turns((plain, beside), card.size, threads, judge.plugins)
        reason = reason or _slower(plain_costs, costs)
        tried = replace(tried, costs=costs, megabytes=_megabytes(beside, card))
        if reason:
            return replace(tried, reason=reason)
        scores, changes = judge.on_test(networks)
        shutil.rmtree(folder, ignore_errors=True)
        beside.replace(folder)
        return replace(tried, status="ok", folder=str(folder), scores=scores, changes=changes)
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
    card = replace(card, precision="int8", judged={}, sha256={file: digest_of(folder / file) for file in files})
    write_text(folder / README_FILE, readme_of(card, exporter))
    write_card(folder, card)
    return card


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
