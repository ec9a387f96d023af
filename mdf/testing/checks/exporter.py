"""Checks what an exporter promises: its files compute what the graph computes, wherever they lie."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from mdf.core.exporter import Array, Exporter, Graph
from mdf.testing.compare import require
from mdf.testing.finding import SkippedError
from mdf.testing.subject import Subject

SIZE, OTHERS = (33, 47), ((64, 96), (32, 32), (41, 70))
TOLERANCE = 1e-4
INPUTS, OUTPUTS = ("bg", "frame"), ("mask", "mask/logits")


class _Difference(nn.Module):
    """A small network of the operations that most networks have: bytes in, a probability and its logit out."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 1)
        )

    def forward(self, bg: Tensor, frame: Tensor) -> tuple[Tensor, Tensor]:
        maps: Tensor = self.layers(torch.cat([bg, frame], dim=1).float() / 255)
        logits = nn.functional.interpolate(maps, size=bg.shape[-2:], mode="bilinear").sum(1, keepdim=True)
        return logits.sigmoid(), logits


def can_be_built(subject: Subject[Exporter]) -> None:
    """It is built from its options; it names its runtime."""
    exporter = subject.create()
    require(bool(exporter.runtime), "its `runtime` is empty: the distribution whose version is stored")


def can_be_built_in_a_worker(subject: Subject[Exporter]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject)


def its_module_does_not_import_torch(subject: Subject[Exporter]) -> None:
    """Its files are run in processes without torch, too."""
    module = subject.offer.spec.target.partition(":")[0]
    if module == Path(subject.offer.file).stem:
        raise SkippedError("a plugin that is one file is not imported by name")
    code = f"import sys; sys.path[:] = {sys.path!r}; import {module}; raise SystemExit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    require(done.returncode == 0, f"importing `{module}` imports torch: import it where it is used")


def writes_the_files_that_it_names(subject: Subject[Exporter]) -> None:
    """Those of `files`, and no others."""
    exporter = subject.create()
    with _written(exporter, _graph(any_size=False)) as folder:
        there, named = {path.name for path in folder.iterdir()}, set(exporter.files("model"))
        require(there == named, f"it wrote {sorted(there)}, and `files` names {sorted(named)}")


def computes_what_the_network_does(subject: Subject[Exporter]) -> None:
    """At the one size of the graph."""
    exporter = subject.create()
    with _written(exporter, _graph(any_size=False)) as folder:
        _compare(exporter, folder, SIZE)


def computes_it_at_any_size(subject: Subject[Exporter]) -> None:
    """Of a graph that takes any size."""
    exporter = subject.create()
    with _written(exporter, _graph(any_size=True)) as folder:
        for size in (SIZE, *OTHERS):
            _compare(exporter, folder, size)


def its_files_can_be_moved(subject: Subject[Exporter]) -> None:
    """They hold all that is needed, and no path."""
    exporter = subject.create()
    with _written(exporter, _graph(any_size=False)) as folder, TemporaryDirectory() as elsewhere:
        other = Path(elsewhere) / "moved"
        shutil.move(folder, other)
        _compare(exporter, other, SIZE)


def answers_are_not_changed_later(subject: Subject[Exporter]) -> None:
    """A second frame leaves the first one's arrays, and its own inputs, as they were."""
    exporter = subject.create()
    with _written(exporter, _graph(any_size=False)) as folder:
        run = exporter.open(folder, "model", 1)
        inputs = _images(SIZE, 1)
        before = {name: image.copy() for name, image in inputs.items()}
        first = run(inputs)
        kept = {name: values.copy() for name, values in first.items()}
        run(_images(SIZE, 2))
        require(all(np.array_equal(first[n], kept[n]) for n in kept), "the first answer changed with the second frame")
        require(all(np.array_equal(inputs[n], before[n]) for n in before), "it changed its inputs")


def its_example_is_python(subject: Subject[Exporter]) -> None:
    """The lines of the README can be compiled, and define `run`."""
    lines = subject.create().example("model")
    code = compile(lines, "the example", "exec")
    require("run" in code.co_names, "its example does not define `run`")


@cache
def _graph(any_size: bool) -> Graph:
    sides = {2: Dim("height", min=4), 3: Dim("width", min=4)}
    images = tuple(torch.from_numpy(image) for image in _images(SIZE, 0).values())
    with torch.no_grad():
        program = torch.export.export(_network(), images, dynamic_shapes=(sides, sides) if any_size else None)
    return Graph("model", program, INPUTS, OUTPUTS, any_size)


def _network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _Difference().eval()


def _images(size: tuple[int, int], seed: int) -> dict[str, Array]:
    random = np.random.default_rng(seed)
    return {name: random.integers(0, 256, (1, 3, *size), dtype=np.uint8) for name in INPUTS}


@contextmanager
def _written(exporter: Exporter, graph: Graph) -> Iterator[Path]:
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "graph"
        folder.mkdir()
        exporter.write(graph, folder)
        yield folder


def _compare(exporter: Exporter, folder: Path, size: tuple[int, int]) -> None:
    images = _images(size, 3)
    found = exporter.open(folder, "model", 1)(images)
    with torch.no_grad():
        expected = _network()(*(torch.from_numpy(image) for image in images.values()))
    require(set(found) == set(OUTPUTS), f"its outputs are {sorted(found)}, those of the graph {sorted(OUTPUTS)}")
    for name, values in zip(OUTPUTS, expected, strict=True):
        array = found[name]
        require(array.dtype == np.float32 and array.shape == tuple(values.shape), f"`{name}` is {array.shape}")
        difference = float(np.abs(array - values.numpy()).max())
        require(difference <= TOLERANCE, f"`{name}` differs by {difference:.3g} at {size[0]}×{size[1]}")


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    its_module_does_not_import_torch,
    writes_the_files_that_it_names,
    computes_what_the_network_does,
    computes_it_at_any_size,
    its_files_can_be_moved,
    answers_are_not_changed_later,
    its_example_is_python,
)
