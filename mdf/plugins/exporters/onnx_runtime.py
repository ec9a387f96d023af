"""ONNX files, run by ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import onnxruntime

from mdf.core.errors import DataError
from mdf.core.exporter import Arrays, Exporter, Graph, Run
from mdf.plugins.exporters.to_onnx import to_onnx


class OnnxRuntime(Exporter):
    """One file `NAME.onnx` a graph, of opset 18, with its weights inside.

    Any runtime that reads ONNX can run it. The parity check runs it with ONNX Runtime on the CPU.
    """

    runtime: ClassVar[str] = "onnxruntime"
    can_quantise: ClassVar[bool] = True

    def files(self, name: str) -> tuple[str, ...]:
        """`NAME.onnx`."""
        return (f"{name}.onnx",)

    def write(self, graph: Graph, folder: Path) -> None:
        """Write the graph as torch's ONNX exporter gives it."""
        (folder / f"{graph.name}.onnx").write_bytes(to_onnx(graph, "onnx"))

    def example(self, name: str) -> str:
        """With onnxruntime."""
        return (
            "import onnxruntime\n"
            f'session = onnxruntime.InferenceSession("{name}.onnx", providers=["CPUExecutionProvider"])\n'
            "names = [output.name for output in session.get_outputs()]\n"
            "run = lambda inputs: dict(zip(names, session.run(names, inputs)))"
        )

    def open(self, folder: Path, name: str, threads: int) -> Run:
        """A session of ONNX Runtime. Raises DataError where it refuses the file."""
        path = folder / f"{name}.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # errors: warnings are of its own optimiser
        try:
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of its own classes, which share no base
            raise DataError(f"ONNX Runtime cannot open {path}: {error}", "export the run again") from error
        names = [port.name for port in session.get_outputs()]
        return lambda inputs: dict(zip(names, session.run(names, dict(inputs)), strict=True))

    def quantise(self, folder: Path, name: str, samples: Iterable[Arrays]) -> None:
        """By NNCF, as pairs of QuantizeLinear and DequantizeLinear, which ONNX Runtime fuses."""
        import onnx

        from mdf.plugins.exporters.quantise import quantised

        path = folder / f"{name}.onnx"
        smaller = quantised(onnx.load(path), samples)
        path.write_bytes(smaller.SerializeToString())
