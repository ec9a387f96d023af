"""The contract of exporters. An exporter writes a trained network as a file of another runtime, and runs it there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mdf.core.component import ComponentConfig
from mdf.core.errors import MdfError

if TYPE_CHECKING:
    from torch.export import ExportedProgram

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Run = Callable[[Arrays], dict[str, NDArray[np.float32]]]
"""A graph in its runtime: input arrays by name in, output arrays by name out."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One computation of a network, ready to be written: images in, public values out.

    Attributes:
        name: what its files are called, without the ending: `model`, `background` or `frame`.
        program: the network as `torch.export` records it. It takes the inputs and gives the outputs by position.
        inputs: names of its inputs: images 1×3×H×W uint8 RGB; of a guided network also `bg_depth`, the depth of the
            empty scene, 1×1×H×W float32, NaN where it is not known; and of `frame` also the outputs of `background`.
        outputs: names of its outputs: by task the public values 1×C×H×W float32, `TASK/spread`, `TASK/logits`; of
            `background` the arrays `state/0`, `state/1`, …
        any_size: whether height and width of the images may vary from call to call.
    """

    name: str
    program: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    any_size: bool


class Exporter(ABC):
    """Writes graphs as files of another runtime, and runs such files.

    Constructed as `Exporter(config)`. Importing its module must not import torch: a written file is also run in
    processes without it.
    """

    class Config(ComponentConfig):
        """No options."""

    runtime: ClassVar[str] = ""
    """The distribution of the runtime, e.g. `onnxruntime`. Its version is stored beside the files."""
    loads_safely: ClassVar[bool] = True
    """Whether opening a file that somebody else wrote can run no code. If not, only `write`'s own files are opened."""
    precisions: ClassVar[tuple[str, ...]] = ("fp32",)
    """In which its runtime can compute files of float32; those besides `fp32` are asked of `open_in`."""
    can_quantise: ClassVar[bool] = False
    """Whether it has a `quantise`."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def files(self, name: str) -> tuple[str, ...]:
        """The names of the files that `write` makes of a graph of this name. They depend on the name alone."""

    @abstractmethod
    def write(self, graph: Graph, folder: Path) -> None:
        """Write the files of `graph` into `folder`, which exists.

        Raises
            MdfError: the runtime cannot express what the graph computes; a package is missing.
        """

    @abstractmethod
    def example(self, name: str) -> str:
        """A few lines of Python that define `run` as `open` gives it, of the files in the working folder, without mdf.

        They stand in the folder's README.
        """

    @abstractmethod
    def open(self, folder: Path, name: str, threads: int) -> Run:
        """The graph that was written under this name, computing in float32 with so many CPU threads.

        The function that it gives reads arrays by input name and returns arrays by output name, all C-contiguous. It
        must not change its inputs, and must not reuse the memory of an output.

        Raises
            MdfError: the files are damaged.
        """

    def open_in(self, precision: str, folder: Path, name: str, threads: int) -> Run:
        """As `open`, computing in one of `precisions`, where the processor has it."""
        if precision == "fp32":
            return self.open(folder, name, threads)
        raise MdfError(f"this exporter computes in {', '.join(self.precisions)}", "leave out `--precision`")

    def quantise(self, folder: Path, name: str, samples: Iterable[Arrays]) -> None:  # noqa: ARG002
        """Replace the files of this graph by ones that compute in 8-bit integers, with ranges seen on `samples`.

        `samples` are inputs by name, of the training data.
        """
        raise MdfError("this exporter has no 8-bit integers", "leave out `--int8`")
