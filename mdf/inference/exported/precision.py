"""An exported network computed in a reduced precision, judged by its scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from mdf.core.errors import MdfError
from mdf.core.exporter import Exporter
from mdf.core.files import write_text
from mdf.inference.exported.judge import Judge
from mdf.inference.exported.measure import costs_of
from mdf.inference.exported.network import ExportedNetwork
from mdf.inference.exported.parity import images_of
from mdf.inference.exported.request import ExportedFormat
from mdf.models.export.card import read_card, write_card
from mdf.models.export.describe import README_FILE, readme_of
from mdf.models.restore import Restored


def try_precision(
    judge: Judge, run: Restored, exporter: Exporter, row: ExportedFormat, precision: str, threads: int
) -> ExportedFormat:
    """A row for the files that `row` exported, computed in `precision`. Where that costs little, `model.json` and the
    README tell what it costs on the test split."""
    folder = Path(row.folder)
    tried = replace(row, precision=precision, status="not kept", folder="", difference=None, sizes=(), costs=None)
    if precision not in exporter.precisions:
        return replace(tried, reason=f"this format computes in {' or '.join(exporter.precisions)}")
    card = read_card(folder)
    try:
        exact = ExportedNetwork(folder, card, exporter, run.tasks, card.size, threads)
        networks = exact, ExportedNetwork(folder, card, exporter, run.tasks, card.size, threads, precision)
        if _equal(*networks):
            return replace(tried, reason="this processor computes it in float32 all the same")
        tried = replace(tried, costs=costs_of(folder, card.size, threads, judge.plugins, precision))
        reason = judge.objection_to(networks)
        if reason:
            return replace(tried, reason=reason)
        scores, changes = judge.on_test(networks)
    except MdfError as error:
        return replace(tried, status="failed", reason=" – ".join(filter(None, [error.message, error.hint])))
    card = replace(card, judged={**card.judged, precision: changes})
    write_text(folder / README_FILE, readme_of(card, exporter))
    write_card(folder, card)
    return replace(tried, status="ok", folder=str(folder), scores=scores, changes=changes)


def _equal(exact: ExportedNetwork, reduced: ExportedNetwork) -> bool:
    """Whether both give the same to the last bit, so that nothing was reduced."""
    bg, frame = images_of(exact.size)
    first, second = (network.answer(network.background(bg)[0], frame.numpy()) for network in (exact, reduced))
    return all(np.array_equal(first[key], second[key]) for key in first)
