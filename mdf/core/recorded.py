"""Whether torch records what is computed, to compute it again elsewhere."""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import is_in_torch_dispatch_mode


def is_recorded() -> bool:
    """Whether a tracer, a compiler or an exporter of torch looks on: then only torch's own operations are seen.

    Anything else, such as compiled loops over an array's memory, would stand in the recording as a constant. True
    inside `torch.compile`, `torch.export`, `torch.jit.trace`, `torch.onnx.export`, `make_fx` and any other dispatch
    mode.

    >>> is_recorded()
    False
    """
    tracing: bool = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    return tracing or torch.compiler.is_compiling() or is_in_torch_dispatch_mode()
