"""A network as a program of PyTorch, as it might be written for a runtime of one's own."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from mdf.core.exporter import Array, Arrays, Exporter, Graph, Run


class Program(Exporter):
    """A program of `torch.export`, its outputs' names inside."""

    runtime: ClassVar[str] = "torch"
    loads_safely: ClassVar[bool] = False  # such files hold pickled parts

    def files(self, name: str) -> tuple[str, ...]:
        """`NAME.pt2`."""
        return (f"{name}.pt2",)

    def write(self, graph: Graph, folder: Path) -> None:
        """Write the program. torch is imported in methods, not with the module."""
        import torch

        names = {"outputs": "\n".join(graph.outputs)}
        torch.export.save(graph.program, folder / f"{graph.name}.pt2", extra_files=names)

    def example(self, name: str) -> str:
        """With torch."""
        return (
            "import torch\n"
            f'module = torch.export.load("{name}.pt2").module()\n'
            "run = lambda inputs: module(*map(torch.from_numpy, inputs.values()))"
        )

    def open(self, folder: Path, name: str, threads: int) -> Run:  # noqa: ARG002
        """The program as a module."""
        import torch

        names = {"outputs": ""}
        module = torch.export.load(folder / f"{name}.pt2", extra_files=names).module()

        def run(inputs: Arrays) -> dict[str, Array]:
            with torch.no_grad():
                found = module(*(torch.from_numpy(np.array(image)) for image in inputs.values()))
            return {key: values.numpy() for key, values in zip(names["outputs"].split("\n"), found, strict=True)}

        return run
