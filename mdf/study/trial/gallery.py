"""A trial's gallery: a picture of a few test samples with their truth and its predictions."""

from __future__ import annotations

from pathlib import Path

import torch

from mdf.core.files import write_json
from mdf.data.pictures import sheet
from mdf.engine.loader import read
from mdf.engine.parts import Parts
from mdf.engine.prepare.resize import resize
from mdf.engine.prepare.steady import steadied
from mdf.engine.scoring import Predict, native_values

SAMPLES = 6
SHEET, LAYOUT = "gallery.png", "gallery.json"


def write(folder: Path, parts: Parts, size: tuple[int, int], predict: Predict, device: str) -> None:
    """Draw a few test samples, evenly spread, with their truth and prediction, into `folder`.

    `size` is the (height, width) that `predict` works at.
    """
    test = parts.dataset.splits().test
    chosen = [test[i * len(test) // SAMPLES] for i in range(min(SAMPLES, len(test)))]
    native = parts.dataset.native_size(chosen[0])
    batch = read(parts.dataset, chosen, native, parts.tasks)
    seen = steadied(batch) if parts.predictor is None else batch  # as it is scored
    values = native_values(lambda images: predict(resize(images, size, {})), seen, parts.tasks, device)
    columns = sheet.truth_columns(batch, parts.tasks)
    for name, task in parts.tasks.items():
        if name in values:
            there = torch.ones_like(batch.valid[name])
            columns[f"{name}: predicted"] = sheet.drawn(task, values[name], there, batch)
    sheet.save(folder / SHEET, columns)
    write_json(folder / LAYOUT, {"columns": list(columns), "ids": list(batch.ids), "size": list(native)})
