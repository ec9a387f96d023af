"""Registers the built-in exporters. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_exporters() -> list[Spec]:
    """Offer the built-in exporters."""
    return [
        Spec(
            "onnx",
            "mdf.plugins.exporters.onnx_runtime:OnnxRuntime",
            "An ONNX file, run by ONNX Runtime.",
            extra="onnx",
        ),
        Spec(
            "openvino",
            "mdf.plugins.exporters.openvino_ir:OpenVino",
            "An OpenVINO file, run by OpenVINO; mostly the fastest on Intel and AMD CPUs.",
            extra="openvino",
        ),
        Spec(
            "torch",
            "mdf.plugins.exporters.torch_program:TorchProgram",
            "A `.pt2` file of `torch.export`, for PyTorch without mdf.",
        ),
    ]
