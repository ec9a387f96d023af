"""What a guided network is told where it is calibrated, and where it teaches."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from blobs import RUNTIME, blob_config, blob_parts

from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.data.wrappers import OneDepth
from mdf.engine.evaluation import calibrate
from mdf.engine.parts import Parts
from mdf.models.teacher import told


def test_a_calibration_is_fitted_with_the_depth_and_without() -> None:
    parts, config = blob_parts(), blob_config()
    height, width = parts.dataset.native_size(0)
    known = OneDepth(parts.dataset, torch.full((height, width), 3.0), "depth")
    tasks = {"mask": parts.tasks["mask"]}
    seen = []

    def predict(batch: Batch) -> dict[str, torch.Tensor]:
        seen.append(BACKGROUND_DEPTH in batch.known)
        return {"mask": torch.full((len(batch), 1, *batch.size), 0.6)}

    calibrate(Parts(known, tasks, []), config, RUNTIME, predict)
    assert sum(seen) == len(seen) / 2 > 0
    seen.clear()
    calibrate(Parts(parts.dataset, tasks, []), config, RUNTIME, predict)
    assert sum(seen) == 0 < len(seen)


@pytest.mark.parametrize("guided", [True, False])
def test_a_guided_teacher_is_told_the_depth_though_its_student_is_not(guided: bool) -> None:
    dataset = blob_parts().dataset
    height, width = dataset.native_size(0)
    known = OneDepth(dataset, torch.full((height, width), 3.0), "depth")
    known.read = lambda indices: dataset.read(indices)  # type: ignore[method-assign]  # as data sets do: only when asked
    teacher = SimpleNamespace(model=SimpleNamespace(guided=guided))
    batch = told(known, teacher).read([0])  # type: ignore[arg-type]
    assert (BACKGROUND_DEPTH in batch.known) == guided
    assert told(dataset, teacher) is dataset  # type: ignore[arg-type]
