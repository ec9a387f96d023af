"""8-bit integers by NNCF: weights and activations, with ranges seen on samples."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, TypeVar

from mdf.core.errors import MdfError
from mdf.core.exporter import Arrays

Model = TypeVar("Model")


def quantised(model: Model, samples: Iterable[Arrays]) -> Model:
    """`model`, of ONNX or OpenVINO, in 8-bit integers where that loses little. Ranges are those of `samples`.

    Raises
        MdfError: NNCF is missing, or cannot quantise this model.
    """
    seen = [dict(sample) for sample in samples]
    try:
        import nncf
    except ImportError as error:
        raise MdfError(
            "NNCF is not installed, and `--int8` needs it", '`pip install "mask-depth-framework[int8]"`'
        ) from error
    logging.getLogger("nncf").setLevel(logging.ERROR)
    quiet: Any = StringIO()
    try:
        with warnings.catch_warnings(), redirect_stdout(quiet), redirect_stderr(quiet):
            warnings.simplefilter("ignore")
            smaller: Model = nncf.quantize(model, nncf.Dataset(seen), subset_size=len(seen))
    except Exception as error:
        raise MdfError(f"NNCF cannot quantise this network: {error}", "leave out `--int8`") from error
    return smaller
