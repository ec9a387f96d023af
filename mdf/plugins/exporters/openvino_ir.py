"""OpenVINO's own files, run by OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import openvino

from mdf.core.errors import DataError
from mdf.core.exporter import Arrays, Exporter, Graph, Run
from mdf.plugins.exporters.to_onnx import to_onnx

HINTS = {"fp32": "f32", "bf16": "bf16"}


class OpenVino(Exporter):
    """Two files a graph: `NAME.xml`, and `NAME.bin` with its weights in float32.

    They are made of the ONNX file. The CPU computes in float32 unless bfloat16 is asked for; without a hint OpenVINO
    may choose that by itself.
    """

    runtime: ClassVar[str] = "openvino"
    precisions: ClassVar[tuple[str, ...]] = ("fp32", "bf16")
    can_quantise: ClassVar[bool] = True

    def files(self, name: str) -> tuple[str, ...]:
        """`NAME.xml` and `NAME.bin`."""
        return (f"{name}.xml", f"{name}.bin")

    def write(self, graph: Graph, folder: Path) -> None:
        """Convert the graph's ONNX model."""
        _save(_core().read_model(to_onnx(graph, "openvino")), folder, graph.name)

    def example(self, name: str) -> str:
        """With openvino."""
        return (
            "import openvino\n"
            f'compiled = openvino.Core().compile_model("{name}.xml", "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})\n'
            "run = lambda inputs: {output.any_name: found for output, found in compiled(inputs).items()}"
        )

    def open(self, folder: Path, name: str, threads: int) -> Run:
        """A compiled model. Raises DataError where OpenVINO refuses the files."""
        return self.open_in("fp32", folder, name, threads)

    def open_in(self, precision: str, folder: Path, name: str, threads: int) -> Run:
        """A compiled model that computes in float32 or bfloat16. Raises as `open`."""
        path = folder / f"{name}.xml"
        hints = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
        }
        try:
            compiled = _core().compile_model(path, "CPU", hints)
        except RuntimeError as error:
            raise DataError(f"OpenVINO cannot open {path}: {error}", "export the run again") from error
        names = [port.any_name for port in compiled.outputs]
        request = compiled.create_infer_request()

        def run(inputs: Arrays) -> dict[str, Any]:
            found = request.infer(dict(inputs), share_inputs=True, share_outputs=True)  # the copy below is the only one
            return {name: np.array(found[index]) for index, name in enumerate(names)}

        return run

    def quantise(self, folder: Path, name: str, samples: Iterable[Arrays]) -> None:
        """By NNCF."""
        from mdf.plugins.exporters.quantise import quantised

        config = {"ENABLE_MMAP": False}  # the file that is read is written again
        model = _core().read_model(folder / f"{name}.xml", config=config)
        _save(quantised(model, samples), folder, name)


@cache
def _core() -> openvino.Core:
    """One for the whole process, never closed.

    OpenVINO 2026.4 gives the thread that compiles a stack for signals. A core that is closed from another thread, or
    before a newer one, leaves that thread with a stack that is gone: the next Ctrl-C ends the process with a fault.
    """
    return openvino.Core()


def _save(model: Any, folder: Path, name: str) -> None:
    openvino.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)
