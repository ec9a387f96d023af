"""Forecast and measured peak memory of a training step on the CPU.

    python benchmarks/memory.py                     # encoders × sizes, each measured in a fresh process
    python benchmarks/memory.py --operations        # what a convolution needs besides its result

`measured` is the resident peak of a process, minus what it held before the model was built.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch
from torch import Tensor, nn

from mdf.engine.runtime import Runtime
from mdf.registry import Catalog
from mdf.study import prepare
from mdf.study.cell import SurveyRequest
from mdf.study.costs import phase
from mdf.study.costs.bench import bench
from mdf.study.costs.measured_memory import peak, settle
from mdf.study.costs.request import BenchRequest, CostPart, MeasureRequest
from mdf.study.plan import forecasts
from mdf.study.plan.trace import training_step
from mdf.study.request.resolve import resolve
from mdf.workers import process
from mdf.workers.job import Job

Request = TypeVar("Request")
Answer = TypeVar("Answer")
ENCODERS = ["unet", "resnet18", "resnet18-fullres", "timm:mobilenetv3_small_100", "timm:convnext_atto"]
MIB = 2**20
BATCH, COST_ONLY_BATCH = 8, 1


def main() -> None:
    """Print one line per network and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", action="append", help="default: " + ", ".join(ENCODERS))
    parser.add_argument("--size", action="append", type=int, help="default: 64 and 224")
    parser.add_argument(
        "--batch", type=int, help=f"samples per step; default {BATCH}, for cost-only encoders {COST_ONLY_BATCH}"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--parts", action="store_true", help="also print the parts of the memory, and that of inference"
    )
    parser.add_argument("--operations", action="store_true", help="measure single convolutions instead")
    options = parser.parse_args()
    if options.operations:
        operations(options.threads)
        return
    more = f" {'held':>8} {'kept':>8} {'inference':>10} {'GMACs':>7}" if options.parts else ""
    print(
        f"{'encoder':30} {'size':>5} {'batch':>5} {'params [M]':>10} {'forecast':>10} {'measured':>10} {'error':>7}"
        + more
    )
    for size in options.size or [64, 224]:
        for encoder in options.encoder or ENCODERS:
            _compare(encoder, size, options.batch, options.threads, options.parts)


def _compare(encoder: str, size: int, batch: int | None, threads: int, parts: bool) -> None:
    catalog = Catalog.discover()
    cost_only = catalog.find("encoder", encoder).spec.cost_only
    count = batch or (COST_ONLY_BATCH if cost_only else BATCH)
    table = {"encoder": encoder, "size": size, "train": {"batch_size": count, "steps": 2}, "threads": threads}
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"

        def run(job: Job[Request, Answer], request: Request) -> Answer:
            return process.run(job, request, on_progress=_ignore, log=log)

        asked = resolve({**table, "device": "cpu"}, (), catalog)
        config = run(prepare.JOB, SurveyRequest([asked], [], fill_cache=False))[0].config

        def measured_part(part: CostPart) -> dict[str, float]:
            return run(phase.JOB, MeasureRequest(config, [], part))

        forecast = run(forecasts.JOB, BenchRequest(config, []))
        measured = measured_part("single-step" if cost_only else "training")["peak_memory"]
        inference = measured_part("inference")["inference_memory"] if parts else 0.0
    predicted = forecast.peak_memory
    more = ""
    if parts:
        step = training_step(bench(config, []))
        more = f" {step.held / MIB:8.1f} {step.kept / MIB:8.1f} {inference / MIB:10.1f} {forecast.gmacs:7.2f}"
    print(
        f"{encoder:30} {size:5} {count:5} {forecast.parameters / 1e6:10.2f} {predicted / MIB:10.1f} "
        f"{measured / MIB:10.1f} {100 * (predicted / measured - 1):+6.1f}%{more}",
        flush=True,
    )


def _ignore(event: object) -> None:
    """Ignores progress."""


def operations(threads: int) -> None:
    """Print the memory that convolutions need besides their results, forward and backward, as multiples of weights."""
    runtime = Runtime("cpu", "fp32", channels_last=True, threads=threads)
    torch.set_num_threads(threads)
    settle(runtime)
    for channels, side, kernel in ((64, 64, 3), (128, 32, 3), (256, 16, 3), (512, 4, 3), (512, 32, 3), (512, 32, 1)):
        images = torch.rand(8, channels, side, side).contiguous(memory_format=torch.channels_last).requires_grad_()
        layer = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
        layer = layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        weights = layer.weight.numel() * 4
        _extra_bytes(layer, images, runtime)  # the first call compiles code
        forward, backward = (extra / weights for extra in _extra_bytes(layer, images, runtime))
        print(
            f"{kernel}×{kernel}, {channels} channels, 8×{side}×{side}: weights {weights / MIB:.2f} MiB, "
            f"forward + {forward:.2f}, backward + {backward:.2f} of them"
        )


def _extra_bytes(layer: nn.Conv2d, images: Tensor, runtime: Runtime) -> tuple[float, float]:
    """Bytes besides the results, forward and backward, of a layer that keeps its input's shape."""
    kept: list[Tensor] = []
    maps, weights = images.numel() * 4, layer.weight.numel() * 4
    forward = (peak(lambda: kept.append(layer(images)), runtime) or 0.0) - maps
    slope = torch.ones_like(kept[0])
    backward = (peak(lambda: kept[0].backward(slope), runtime) or 0.0) - maps - weights
    images.grad = layer.weight.grad = None
    return forward, backward


if __name__ == "__main__":
    main()
