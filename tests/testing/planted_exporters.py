"""Exporters with one defect each. Importing this imports no torch, as a good exporter's module does not."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from planted_anywhere import MainOnly, Unbuildable

from mdf.core.exporter import Array, Arrays, Exporter, Graph, Run


class GoodExporter(Exporter):
    """Programs of `torch.export`, their names in a file beside."""

    runtime: ClassVar[str] = "torch"
    loads_safely: ClassVar[bool] = False

    def files(self, name: str) -> tuple[str, ...]:
        return (f"{name}.pt2", f"{name}.txt")

    def write(self, graph: Graph, folder: Path) -> None:
        import torch

        program, names = (folder / file for file in GoodExporter.files(self, graph.name))
        torch.export.save(graph.program, program)
        names.write_text("\n".join(graph.outputs))

    def example(self, name: str) -> str:
        return "run = print"

    def open(self, folder: Path, name: str, threads: int) -> Run:
        import torch

        program, names = (folder / file for file in GoodExporter.files(self, name))
        module, outputs = torch.export.load(program).module(), names.read_text().split("\n")

        def run(inputs: Arrays) -> dict[str, Array]:
            with torch.no_grad():
                found = module(*(torch.from_numpy(np.array(image)) for image in inputs.values()))
            return {key: x.numpy() for key, x in zip(outputs, found, strict=True)}

        return run


class UnbuildableExporter(Unbuildable, GoodExporter):
    pass


class MainOnlyExporter(MainOnly, GoodExporter):
    pass


class ForgetfulExporter(GoodExporter):
    def files(self, name: str) -> tuple[str, ...]:
        return super().files(name)[:1]


class WrongExporter(GoodExporter):
    def open(self, folder: Path, name: str, threads: int) -> Run:
        run = super().open(folder, name, threads)
        return lambda inputs: {key: values + np.float32(0.01) for key, values in run(inputs).items()}


class OneSizeExporter(GoodExporter):
    def open(self, folder: Path, name: str, threads: int) -> Run:
        run = super().open(folder, name, threads)

        def cut(inputs: Arrays) -> dict[str, Array]:
            return {key: values[..., :40, :] for key, values in run(inputs).items()}

        return cut


class PinnedExporter(GoodExporter):
    """Remembers where it wrote, and reads there."""

    def write(self, graph: Graph, folder: Path) -> None:
        super().write(graph, folder)
        self.folder = folder

    def open(self, folder: Path, name: str, threads: int) -> Run:
        return super().open(self.folder, name, threads)


class ReusingExporter(GoodExporter):
    def open(self, folder: Path, name: str, threads: int) -> Run:
        run = super().open(folder, name, threads)
        kept: dict[str, Array] = {}

        def again(inputs: Arrays) -> dict[str, Array]:
            for key, values in run(inputs).items():
                if key in kept and kept[key].shape == values.shape:
                    kept[key][:] = values
                else:
                    kept[key] = values
            return dict(kept)

        return again


class WordyExporter(GoodExporter):
    def example(self, name: str) -> str:
        return f"Open {name}.pt2 with torch."
