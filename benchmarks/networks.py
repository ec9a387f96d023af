"""The networks of the races: mdf's as mdf builds and trains them, the opponent's as its documentation does."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from side_by_side import Work
from torch import Tensor, nn

from mdf.core.exporter import Arrays
from mdf.core.sample import Batch
from mdf.engine import runtime as machine
from mdf.engine.fold_batch_norms import fold
from mdf.engine.layout import place
from mdf.engine.model import Model
from mdf.engine.objective import Objective, WeightedLoss
from mdf.engine.runtime import Runtime
from mdf.engine.training.optimiser import adamw
from mdf.inference.exported.network import ExportedNetwork
from mdf.inference.session import LoadedModel
from mdf.models import assemble
from mdf.models.export.describe import card_of
from mdf.models.export.graphs import graphs_of
from mdf.models.restore import Restored
from mdf.registry import Catalog
from mdf.study.request.resolve import resolve
from mdf.workers.malloc import keep_freed_memory

TASKS = ("mask", "depth")
OPPONENT = "SMP Unet(resnet18), eager"
SAME = "same network"
"""SMP's Unet on ResNet-18, built by mdf."""
NETWORKS = {
    SAME: {"encoder": "smp:resnet18", "decoder": "smp:unet"},
    "unet": {"encoder": "unet"},
    "s2d": {"encoder": "s2d"},
    "s2d-small": {"encoder": "s2d-small"},
}
EXPORTED = {f"{name} in {runtime}": (name, runtime) for name in ("unet", "s2d") for runtime in ("onnx", "openvino")}
"""Networks of mdf as `mdf.load` opens them after `mdf export`: which, and by which exporter."""


@dataclass(frozen=True, slots=True)
class Ours:
    """A network of mdf, with its objective, optimiser and runtime."""

    model: Model
    objective: Objective
    optimiser: torch.optim.Optimizer
    runtime: Runtime

    def step(self, batch: Batch) -> None:
        """One optimiser step from a batch of uint8 images on the device."""
        self.model.train()
        with self.runtime.autocast():
            logits = self.model(batch)
        loss = self.objective(logits, batch, TASKS).total
        del logits
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def infer(self, batch: Batch) -> dict[str, Tensor]:
        """Mask probability and depth of a batch on the device."""
        with torch.inference_mode(), self.runtime.autocast():
            logits = self.model(batch)
        tasks = self.objective.tasks
        return {name: tasks[name].public(tasks[name].values(x)) for name, x in logits.items()}


def ours(name: str, size: int, precision: str = "auto", device: str = "auto", graphs: bool = False) -> Ours:
    """One of NETWORKS, initialised, with the default losses; with `graphs` its step can be recorded."""
    catalog = Catalog.discover([])
    table = {**NETWORKS[name], "size": size, "precision": precision, "device": device, "train": {"graphs": graphs}}
    config = resolve(table, [], catalog)
    runtime = machine.resolve(config)
    tasks = {task: catalog.load("head", task).Task(catalog.config("head", task, {})) for task in TASKS}
    tasks["depth"].configure(
        tasks["depth"].measure(torch.linspace(1, 10, 1000)[None], torch.ones(1, 1000, dtype=torch.bool))
    )
    model = place(assemble.model(config, TASKS, catalog, (0.45,) * 3, (0.25,) * 3), runtime)
    losses = {
        t: tuple(WeightedLoss(catalog.create("loss", x.name, x.options), 1.0) for x in config.loss[t].terms)
        for t in TASKS
    }
    return Ours(model, Objective(tasks, losses), adamw(model, config.train), runtime)


class Theirs(nn.Module):
    """`segmentation_models_pytorch.Unet("resnet18", in_channels=6, classes=2)`, trained eagerly in float32."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        import segmentation_models_pytorch as smp

        self.net = smp.Unet("resnet18", encoder_weights=None, in_channels=6, classes=2).to(device)
        self.optimiser = torch.optim.AdamW(self.parameters(), lr=1e-3)
        self.mask_loss, self.depth_loss = nn.BCEWithLogitsLoss(), nn.L1Loss()
        self.autocast: AbstractContextManager[object] = nullcontext()

    def at_its_best(self, mode: str | None) -> Theirs:
        """On a GPU: bf16, channels-last, and compiled in a `mode` of `torch.compile`, if one is given."""
        self.net = self.net.to(memory_format=torch.channels_last)
        if mode:
            self.net.compile(mode=mode)
        self.autocast = torch.autocast("cuda", dtype=torch.bfloat16)
        return self

    def step(self, images: Tensor, mask: Tensor, depth: Tensor) -> None:
        """One optimiser step from prepared float images N×6×H×W."""
        self.net.train()
        self.optimiser.zero_grad()
        with self.autocast:
            out = self.net(images).float()
        loss = self.mask_loss(out[:, :1], mask) + self.depth_loss(out[:, 1:], depth)
        loss.backward()
        self.optimiser.step()

    def infer(self, images: Tensor) -> Tensor:
        """Two maps of prepared float images."""
        with torch.no_grad(), self.autocast:
            return self.net(images)


def batch_of(count: int, size: int, device: str = "cpu") -> Batch:
    """A random batch, as a data set returns it."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (2, count, 3, size, size), dtype=torch.uint8, generator=random)
    mask = (torch.rand(count, 1, size, size, generator=random) > 0.8).to(torch.uint8)
    depth = 1 + 9 * torch.rand(count, 1, size, size, generator=random)
    everywhere = torch.ones_like(mask, dtype=torch.bool)
    return Batch(
        bg=images[0],
        fg_bg=images[1],
        targets={"mask": mask, "depth": depth},
        valid={"mask": everywhere, "depth": everywhere},
        ids=tuple(str(i) for i in range(count)),
        scenes=("one",) * count,
    ).to(device)


def prepared(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """The same batch for the opponent, normalised before its time starts."""
    images = torch.cat([batch.bg, batch.fg_bg], 1).float().div(255).sub(0.45).div(0.25)
    return images, batch.targets["mask"].float(), batch.targets["depth"].div(10)


def training_step(name: str, size: int, batch: int) -> Work:
    """A training step of the opponent or of one of NETWORKS on the CPU, ready to be timed."""
    data = batch_of(batch, size)
    if name == OPPONENT:
        return partial(Theirs().step, *prepared(data))
    keep_freed_memory()  # as mdf's workers do
    return partial(ours(name, size, device="cpu").step, data)


def inference(name: str, size: int, batch: int) -> Work:
    """One call of the opponent, or of one of NETWORKS as `mdf.load` opens it, on the CPU, ready to be timed."""
    data = batch_of(batch, size)
    if name == OPPONENT:
        return partial(Theirs().eval().infer, prepared(data)[0])
    load = exported if name in EXPORTED else loaded
    return partial(load(name, size, torch.get_num_threads()).open(data.bg), data.fg_bg)


def loaded(name: str, size: int, threads: int | None = None) -> LoadedModel:
    """One of ours as `mdf.load` gives it, on the CPU; its weights are those it begins with."""
    return LoadedModel.prepare(restored(name, size), threads)


def restored(name: str, size: int, precision: str = "auto") -> Restored:
    """One of ours as a run's folder gives it, on the CPU."""
    contender = ours(name, size, precision, device="cpu")
    table = {**NETWORKS[name], "size": size, "device": "cpu", "precision": precision}
    config = resolve(table, [], Catalog.discover([]))
    return Restored(Path(), config, contender.model, contender.objective.tasks, contender.runtime)


def exported(
    name: str, size: int, threads: int, precision: str = "fp32", samples: Sequence[Arrays] = ()
) -> LoadedModel:
    """One of `EXPORTED`, for images of `size` alone, in one of its runtime's precisions; with `samples` (`bg` and
    `frame`) in 8-bit integers, whose ranges are seen on them. Its files go when the process ends."""
    network, runtime = EXPORTED[name]
    run, catalog = restored(network, size, "fp32"), Catalog.discover([])
    run.model.to(memory_format=torch.contiguous_format)
    fold(run.model, run.config.image_size)
    exporter = catalog.create("exporter", runtime, {})
    folder = Path(tempfile.mkdtemp(prefix="mdf-exported-"))
    atexit.register(shutil.rmtree, folder)
    graphs = graphs_of(run.model, run.tasks, run.config.image_size)
    for graph in graphs:
        exporter.write(graph, folder)
        if samples:
            exporter.quantise(folder, graph.name, samples)
    card = card_of(run, graphs, exporter, runtime, catalog)
    return LoadedModel(ExportedNetwork(folder, card, exporter, run.tasks, card.size, threads, precision), threads)
