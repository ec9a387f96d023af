"""Which timm models work as encoders, and at which sizes: one of almost every module, built as a study builds it.

    python benchmarks/encoders.py [MODEL ...]

Networks are built and run on torch's `meta` device, which checks shapes without memory or arithmetic. Prints a Markdown
table. A cell gives the size that images are padded to internally; `fixed` if the network is built for that size only;
`unknown` if the network reads the values of tensors, which that device does not have.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections import defaultdict

import timm
import torch

from mdf.core.errors import MdfError
from mdf.engine.model import pad_to_multiple
from mdf.plugins.encoders.timm_encoder import TimmEncoder

SIZES = ((64, 64), (97, 131), (224, 224))
CHANNELS = 6
SMALL = (
    *("test_", "atto", "femto", "pico", "nano", "_xxt", "xxs", "_xs", "_t0", "_m0", "_b0", "_s0", "tiny", "_ti"),
    *("050", "small", "_s", "18", "26", "mini", "_b"),
)
"""Parts of the names of small models, the smallest first."""


def one_of_each_module() -> list[str]:
    """A small model of each of timm's modules."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in timm.list_models():
        kinds[timm.model_entrypoint(name).__module__].append(name)

    def size(name: str) -> tuple[int, int, str]:
        return next((i for i, part in enumerate(SMALL) if part in name), len(SMALL)), len(name), name

    return sorted(min(names, key=size) for names in kinds.values())


def try_model(name: str, size: tuple[int, int]) -> str:
    """The table's cell of model `name` at `size`."""
    try:
        config = TimmEncoder.adapt_config(TimmEncoder.Config(), name, size, None)
        encoder = TimmEncoder(config, CHANNELS, name).eval()
        images = pad_to_multiple(torch.zeros(1, CHANNELS, *size, device="cpu"), encoder.features.multiple).to("meta")
        with torch.no_grad():
            shapes = [tuple(features.shape) for features in encoder(images)]
    except MdfError as error:
        return f"no: {error.message.partition(': ')[2][:60]}"
    except RuntimeError as error:
        return f"unknown: {str(error).splitlines()[0][:60]}"
    height, width = images.shape[-2:]
    if shapes != encoder.features.shapes(1, height, width):
        return "no: maps are not as declared"
    strides = " ".join(map(str, encoder.features.strides))
    return f"{height}×{width}{' fixed' if encoder.size else ''} ({strides})"


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    names = sys.argv[1:] or one_of_each_module()
    print(f"| timm {timm.__version__} | " + " | ".join(f"{h}×{w}" for h, w in SIZES) + " |")
    print("|---" * (len(SIZES) + 1) + "|")
    works = 0
    with torch.device("meta"):
        for name in names:
            cells = [try_model(name, size) for size in SIZES]
            works += all(not cell.startswith(("no", "unknown")) for cell in cells)
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{works} of {len(names)} work at every size.")


if __name__ == "__main__":
    main()
