"""A run exported once a session to ONNX and OpenVINO, in both forms and for any size."""

from __future__ import annotations

from pathlib import Path

import pytest

import mdf
from mdf.inference.exported.request import ExportReport


@pytest.fixture(scope="session")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    """The report of the export; its folders are there for the whole session."""
    for package in ("onnx", "onnxscript", "onnxruntime", "openvino"):
        pytest.importorskip(package)
    out = tmp_path_factory.mktemp("exported")
    return mdf.export(trained, out, to=["onnx", "openvino", "torch"], any_size=True)


def folder_of(report: ExportReport, name: str) -> Path:
    """The folder of a format."""
    return next(Path(row.folder) for row in report.formats if row.format == name)
