"""What a configuration takes, found without computing it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mdf.core.config import ExperimentConfig
from mdf.core.progress import OnProgress
from mdf.study.costs.bench import bench, shapes_of
from mdf.study.costs.work import gmacs
from mdf.study.plan.trace import training_step


def forecast(on_progress: OnProgress, config: ExperimentConfig, plugins: Sequence[str]) -> dict[str, float]:  # noqa: ARG001
    """Of a network's resolved config: `parameters`, `gmacs` (one pair of images), `peak_memory` of a training step in
    bytes and, of a GPU, `device_memory`."""
    subject = bench(config, plugins)
    with shapes_of(subject) as shapes:
        parameters = sum(parameter.numel() for parameter in shapes.model().parameters())
    found = {
        "parameters": float(parameters),
        "gmacs": gmacs(subject),
        "peak_memory": float(training_step(subject).peak),
    }
    if subject.runtime.device.startswith("cuda"):
        found["device_memory"] = float(torch.cuda.get_device_properties(subject.runtime.device).total_memory)
    return found
