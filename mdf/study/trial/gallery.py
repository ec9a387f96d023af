"""A trial's gallery: a picture of a few test samples with their truth and its predictions."""

from __future__ import annotations

from pathlib import Path

import torch

from mdf.core.files import write_json
from mdf.data.pictures import sheet
from mdf.engine.loader import read
from mdf.engine.parts import Parts
from mdf.engine.prepare.resize import resize
from mdf.engine.scoring import Predict

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
    values = predict(resize(batch.without_truth(), size, {}).to(device))
    columns = sheet.truth_columns(batch, parts.tasks)
    for name, predicted in values.items():
        if name in parts.tasks:
            task = parts.tasks[name]
            there = torch.ones_like(batch.valid[name])
            resized = task.at_frame(predicted.float().cpu(), batch.bg, batch.fg_bg)
            columns[f"{name}: predicted"] = sheet.drawn(task, resized, there, batch)
    sheet.save(folder / SHEET, columns)
    write_json(folder / LAYOUT, {"columns": list(columns), "ids": list(batch.ids), "size": list(native)})
