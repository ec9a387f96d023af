"""Programs of `torch.export`, for PyTorch without mdf."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mdf.core.exporter import Arrays, Exporter, Graph, Run


class TorchProgram(Exporter):
    """One file `NAME.pt2` a graph. `torch.export.load` reads it.

    Such a file holds pickled parts, so mdf opens only those that it has just written, to check them.
    """

    runtime: ClassVar[str] = "torch"
    loads_safely: ClassVar[bool] = False

    def files(self, name: str) -> tuple[str, ...]:
        """`NAME.pt2`."""
        return (f"{name}.pt2",)

    def write(self, graph: Graph, folder: Path) -> None:
        """Save the program. Names of inputs and outputs are stored beside it, as the file's own extra text."""
        import json

        import torch

        names = json.dumps({"inputs": graph.inputs, "outputs": graph.outputs})
        torch.export.save(graph.program, folder / f"{graph.name}.pt2", extra_files={"names.json": names})

    def example(self, name: str) -> str:
        """With torch."""
        return (
            "import json, torch\n"
            'extra = {"names.json": ""}\n'
            f'module = torch.export.load("{name}.pt2", extra_files=extra).module()\n'
            'names = json.loads(extra["names.json"])\n'
            'tensors = lambda inputs: [torch.from_numpy(inputs[name]) for name in names["inputs"]]\n'
            'run = lambda inputs: {k: x.numpy() for k, x in zip(names["outputs"], module(*tensors(inputs)))}'
        )

    def open(self, folder: Path, name: str, threads: int) -> Run:  # noqa: ARG002 - the process's own
        """The program as a module."""
        import json

        import torch

        extra = {"names.json": ""}
        program = torch.export.load(folder / f"{name}.pt2", extra_files=extra)
        names: dict[str, list[str]] = json.loads(extra["names.json"])
        module = program.module()

        def run(inputs: Arrays) -> dict[str, Any]:
            tensors = [torch.from_numpy(np.array(inputs[key])) for key in names["inputs"]]
            with torch.no_grad():
                outputs = module(*tensors)
            return {key: x.numpy() for key, x in zip(names["outputs"], outputs, strict=True)}

        return run
