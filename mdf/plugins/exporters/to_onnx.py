"""From a graph to an ONNX model: the one road of every exporter that starts from ONNX."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mdf.core.errors import MdfError
from mdf.core.exporter import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch.export import ExportedProgram

OPSET = 18


_made: WeakKeyDictionary[ExportedProgram, bytes] = WeakKeyDictionary()
"""Several exporters start from the same file, and making it takes seconds."""


def to_onnx(graph: Graph, extra: str) -> bytes:
    """`graph` as the content of an ONNX file of opset 18, by torch's own exporter.

    Raises
        MdfError: onnx or onnxscript is missing (`extra` of mdf holds them); an operation has no form in ONNX.
    """
    if graph.program in _made:
        return _made[graph.program]
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MdfError(
            f"`{error.name}` is not installed, and writing ONNX needs it",
            f'`pip install "mask-depth-framework[{extra}]"`',
        ) from error
    import torch

    try:
        with _quiet():
            program = torch.onnx.export(
                graph.program,
                dynamo=True,
                opset_version=OPSET,
                input_names=list(graph.inputs),
                output_names=list(graph.outputs),
                verbose=False,
            )
    except Exception as error:  # of torch, onnxscript or onnx_ir, each with errors of its own
        message = f"ONNX cannot express the graph `{graph.name}`: {_last_line(error)}"
        raise MdfError(message, "choose another format") from error
    assert program is not None
    content: bytes = program.model_proto.SerializeToString()
    _made[graph.program] = content
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints its steps, and warns of its own parts."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
