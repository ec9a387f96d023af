"""Small models and batches, built of the built-in parts as a trial builds them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mdf.core.sample import Batch
from mdf.engine.model import Model
from mdf.engine.prepare.normalise import Mode, Normalise
from mdf.plugins.decoders.unet import UNetDecoder
from mdf.plugins.encoders.resnet18 import ResNet18Encoder
from mdf.plugins.encoders.unet import UNetEncoder
from mdf.plugins.fusions.early import EarlyFusion
from mdf.plugins.heads.depth import DepthHead, DepthTask
from mdf.plugins.heads.mask import MaskHead, MaskTask

HEADS = {"mask": MaskHead, "depth": DepthHead}


def small_model(
    tasks: Sequence[str] = ("mask", "depth"),
    encoder: str = "unet",
    split: int = 1,
    normalise: Mode = "pair",
    depth: int = 3,
    seed: int = 0,
) -> Model:
    """A model whose weights are those of `seed`."""
    torch.manual_seed(seed)
    body = (
        UNetEncoder(UNetEncoder.Config(width=4, depth=depth), 6)
        if encoder == "unet"
        else ResNet18Encoder(ResNet18Encoder.Config(), 6)
    )
    fusion = EarlyFusion(EarlyFusion.Config(), body.features)
    decoder = UNetDecoder(UNetDecoder.Config(split=split, max_width=16), fusion.features, tuple(tasks))
    heads = {task: HEADS[task](HEADS[task].Config(), decoder.channels) for task in tasks}
    return Model(body, fusion, decoder, heads, Normalise(normalise, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)))


def tasks_of(*names: str) -> dict[str, MaskTask | DepthTask]:
    """Task objects by name, with their default options."""
    made = {"mask": MaskTask(MaskHead.Config()), "depth": DepthTask(DepthHead.Config())}
    return {name: made[name] for name in names or made}


def random_batch(count: int = 2, size: tuple[int, int] = (16, 24), seed: int = 0) -> Batch:
    """Images of noise with a mask and depth whose pixels are mostly valid."""
    random = torch.Generator().manual_seed(seed)

    def images() -> torch.Tensor:
        return torch.randint(0, 256, (count, 3, *size), generator=random, dtype=torch.uint8)

    shape = (count, 1, *size)
    return Batch(
        ids=tuple(f"sample-{i}" for i in range(count)),
        scenes=tuple(f"scene-{i}" for i in range(count)),
        bg=images(),
        fg_bg=images(),
        targets={
            "mask": torch.randint(0, 2, shape, generator=random, dtype=torch.uint8),
            "depth": 1 + 9 * torch.rand(shape, generator=random),
        },
        valid={task: torch.rand(shape, generator=random) > 0.2 for task in ("mask", "depth")},
        tags=tuple(frozenset() for _ in range(count)),
    )
