"""One configuration set up to be measured: its real parts, a batch at the study's size, and training steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.progress import Progress
from mdf.core.sample import Batch
from mdf.core.schedule import Phase
from mdf.data.open import open_training
from mdf.data.scan import Unreadable, read_each
from mdf.engine import runtime as machine
from mdf.engine.layout import place
from mdf.engine.loader import read
from mdf.engine.model import Model
from mdf.engine.parts import Parts
from mdf.engine.runtime import Runtime
from mdf.engine.teacher import Teacher
from mdf.engine.training.optimiser import set_rate
from mdf.engine.training.train import Trainer, TrainerCallbacks
from mdf.models import assemble
from mdf.models.teacher import teacher_of
from mdf.registry import Catalog

STATISTICS = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
"""What a measured model normalises by: the values change no cost."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A configuration to be measured.

    Attributes:
        batch: training data on the CPU, `config.train.batch_size` samples.
        load_teacher: reads the network that it learns from, if it has one.
    """

    config: ExperimentConfig
    parts: Parts
    runtime: Runtime
    batch: Batch
    load_teacher: Callable[[], Teacher | None]

    def teacher(self) -> Teacher | None:
        """Its teacher on its device, if it has one: training needs it, and nothing else does."""
        teacher = self.load_teacher()
        if teacher is not None:
            place(teacher.model, self.runtime)
        return teacher

    def model(self) -> Model:
        """A new model on its device."""
        assert self.parts.build_model is not None
        model = place(self.parts.build_model(*STATISTICS), self.runtime)
        if self.config.train.compile:
            model.compile()
        return model

    def train(
        self,
        model: Model,
        steps: int,
        lap: Callable[[], None] = lambda: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train `steps` steps on the one batch, as trials do. The optimiser's state is made before the first.

        `lap` is called before each step and after the last. No further step begins once `enough()` is true.
        """
        assert self.parts.objective is not None

        def batches(size: tuple[int, int], steps: int, skip: int) -> Iterator[Batch]:  # noqa: ARG001
            _make_state(trainer.optimiser)
            for _ in range(steps):
                lap()
                if enough():
                    return
                yield self.batch
            lap()

        once = self.config.train.model_copy(update={"validations": 1})
        config = self.config.model_copy(update={"train": once})
        callbacks = TrainerCallbacks(batches, validate=dict, select=_as_good)
        teacher = self.teacher()
        trainer = Trainer(
            model, self.parts.objective, config, self.runtime, callbacks, on_progress=_unheard, teacher=teacher
        )
        trainer.fit([Phase(steps, model.tasks, self.config.image_size)])


@dataclass(frozen=True, slots=True)
class Shapes(Bench):
    """A bench whose tensors have shapes and no bytes: its work is traced and not computed.

    `skeleton` is the network, of meta tensors.
    """

    skeleton: Model

    def model(self) -> Model:
        """The network, with tensors that seem to be on the device. Call it once."""
        return self._shaped(self.skeleton)

    def teacher(self) -> Teacher | None:
        """Its teacher, in the same way."""
        teacher = self.load_teacher()
        if teacher is not None:
            self._shaped(teacher.model)
        return teacher

    def _shaped(self, network: Model) -> Model:
        for module in network.modules():
            for name, parameter in module.named_parameters(recurse=False):
                module.register_parameter(name, nn.Parameter(self._shape(parameter), parameter.requires_grad))
            for name, buffer in module.named_buffers(recurse=False):
                module._buffers[name] = self._shape(buffer)  # `register_buffer` would make it part of the state
        return network

    def _shape(self, tensor: Tensor) -> Tensor:
        last = self.runtime.channels_last and tensor.dim() == 4
        layout = torch.channels_last if last else torch.contiguous_format
        return torch.empty(tensor.shape, dtype=tensor.dtype, device=self.runtime.device, memory_format=layout)


@contextmanager
def shapes_of(bench: Bench) -> Iterator[Shapes]:
    """The same bench with fake tensors: inside this context its work takes next to no memory or time."""
    assert bench.parts.build_model is not None
    with torch.device("meta"):
        skeleton = bench.parts.build_model(*STATISTICS)
    teacher = bench.load_teacher()  # real tensors, made before there are only fake ones
    with FakeTensorMode() as mode:
        batch = bench.batch.mapped(mode.from_tensor)
        yield Shapes(bench.config, bench.parts, bench.runtime, batch, lambda: teacher, skeleton)


def bench(config: ExperimentConfig, plugins: Sequence[str], batch_size: int | None = None) -> Bench:
    """Set up `config` (resolved), with `batch_size` samples in the batch instead of what one process has."""
    catalog = Catalog.discover(plugins)
    runtime = machine.resolve(config)
    runtime = replace(runtime, device=machine.devices(runtime.device)[0])
    machine.prepare(runtime, config.seed)
    dataset = open_training(config, catalog)
    parts = assemble.parts(config, catalog, dataset)
    chosen = _chosen(dataset, batch_size or -(-config.train.batch_size // config.train.devices), config.skip_bad)
    batch = read(parts.dataset, chosen, config.image_size, parts.tasks)
    for name, task in parts.tasks.items():
        target, valid = batch.targets[name], batch.valid[name]
        task.configure(task.measure(target.transpose(0, 1).flatten(1), valid.transpose(0, 1).flatten(1)))
    return Bench(config, parts, runtime, batch, partial(teacher_of, config, catalog))


def _chosen(dataset: Dataset, count: int, skip_bad: bool) -> list[int]:
    """`count` training samples from both ends: if several data sets are mixed, the last ones may hold tasks that the
    first do not. With `skip_bad`, those that can be read."""
    train = dataset.splits().train
    ends = [train[(i // 2 if i % 2 == 0 else -1 - i // 2) % len(train)] for i in range(count)]
    if skip_bad:
        samples = read_each(dataset, dict.fromkeys(ends))
        readable = [index for index, sample in samples if not isinstance(sample, Unreadable)] or ends
        return [readable[i % len(readable)] for i in range(count)]
    return ends


def _as_good(scores: Mapping[str, float], untrained: Mapping[str, float]) -> float:  # noqa: ARG001
    """Every epoch is equally good: nothing is scored."""
    return 0.0


def _unheard(progress: Progress) -> None:
    """Measured steps are not reported."""


def _make_state(optimiser: torch.optim.Optimizer) -> None:
    """Allocate the optimiser's state, which the first step would do only after its own peak."""
    set_rate(optimiser, 0.0)  # every step sets it anew
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
