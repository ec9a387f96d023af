"""What a configuration takes, found in a worker without computing it."""

from __future__ import annotations

import torch

from mdf.core.progress import OnProgress
from mdf.study.costs.bench import bench, shapes_of
from mdf.study.costs.memory_fit import Forecast
from mdf.study.costs.request import BenchRequest
from mdf.study.costs.work import gmacs
from mdf.study.plan.trace import training_step


def forecast(on_progress: OnProgress, request: BenchRequest) -> Forecast:  # noqa: ARG001
    """The forecast of a network's resolved config."""
    subject = bench(request.config, request.plugins)
    with shapes_of(subject) as shapes:
        parameters = sum(parameter.numel() for parameter in shapes.model().parameters())
    device, total = subject.runtime.device, None
    if device.startswith("cuda"):
        total = float(torch.cuda.get_device_properties(device).total_memory)
    peak = training_step(subject).peak if subject.parts.objective is not None else 0
    return Forecast(float(parameters), gmacs(subject), float(peak), total)
