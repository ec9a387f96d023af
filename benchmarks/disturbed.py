"""How masks of real frames stand what cameras do: frames of real scenes, disturbed, by networks that come with mdf.

    python disturbed.py --data-root FOLDER [--every 15] [mdf-base mdf-small@192x256 …]

Every `--every`-th frame of each scene of `real:FOLDER` is changed in one way, and the mask is scored at the frame's own
size with the network's own threshold: IoU pooled over a scene, mean over scenes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mdf.core.dataset import Dataset
from mdf.engine.evaluation import predictor_of
from mdf.engine.prepare.resize import resize
from mdf.engine.prepare.steady import steadied
from mdf.models.locate import find_model
from mdf.models.restore import restore
from mdf.registry import Catalog

Image = NDArray[np.float64]
Flags = NDArray[np.bool_]
Random = np.random.RandomState
BLOCK = 24
"""Side in pixels of the patches that move together."""


def unchanged(frame: Image, bg: Image, mask: Flags, random: Random) -> Image:  # noqa: ARG001
    """As it is."""
    return frame


def bands(frame: Image, bg: Image, mask: Flags, random: Random) -> Image:  # noqa: ARG001
    """Two hard bands of half the brightness over about a third of the image."""
    y, x = np.mgrid[: frame.shape[1], : frame.shape[2]] / max(frame.shape)
    angle, centre = random.uniform(0, np.pi), random.uniform(0.2, 0.8)
    across = x * np.cos(angle) + y * np.sin(angle) - centre
    return np.where((np.abs(across) < 0.1) | (np.abs(across - 0.35) < 0.08), 0.5 * frame, frame)


def leaves(frame: Image, bg: Image, mask: Flags, random: Random) -> Image:
    """Patches over 60 % of the background move by up to 4 pixels."""
    height, width = mask.shape
    y, x = np.mgrid[:height, :width]
    right = 2.5 * np.sin(x / 9 + random.uniform(0, 6)) + 1.5 * np.sin(y / 7 + random.uniform(0, 6))
    down = 2 * np.sin(x / 8 + random.uniform(0, 6))
    chosen = random.rand(height // BLOCK + 2, width // BLOCK + 2) < 0.6
    moves = np.kron(chosen, np.ones((BLOCK, BLOCK)))[:height, :width].astype(bool) & ~mask
    rows = np.clip((y + down).round().astype(int), 0, height - 1)
    columns = np.clip((x + right).round().astype(int), 0, width - 1)
    return np.where(moves, bg[:, rows, columns], frame)


def exposed(frame: Image, bg: Image, mask: Flags, random: Random) -> Image:  # noqa: ARG001
    """A gain of 0.5 to 1.5 and an offset of up to 10 levels."""
    return frame * random.uniform(0.5, 1.5) + random.uniform(-10, 10)


def shifted(frame: Image, bg: Image, mask: Flags, random: Random) -> Image:  # noqa: ARG001
    """The background moved by up to 4 pixels against the frame: scored on the frame's own mask."""
    return frame


CHANGES: dict[str, Callable[[Image, Image, Flags, Random], Image]] = {
    "unchanged": unchanged,
    "bands of shadow": bands,
    "moving leaves": leaves,
    "exposure": exposed,
    "camera shifted": shifted,
}


def scores(name: str, dataset: Dataset, every: int) -> dict[str, float]:
    """Mean IoU by change."""
    run, _, size = name.partition("@")
    network = restore(find_model(run, Path("runs")), size=size or None, precision="fp32", device="cpu").placed()
    predict, task = predictor_of(network.model, network.tasks, network.runtime), network.tasks["mask"]
    random = Random(0)
    sums: dict[str, dict[str, list[int]]] = {}
    for index in range(0, len(dataset), every):
        batch = dataset.read([index])
        frame, bg = batch.fg_bg[0].numpy().astype(float), batch.bg[0].numpy().astype(float)
        mask, valid = (batch.targets["mask"][0, 0] > 0).numpy(), batch.valid["mask"][0, 0].numpy()
        for change, apply in CHANGES.items():
            shown = apply(frame, bg, mask, random)
            empty = np.roll(bg, random.randint(-4, 5, 2), (1, 2)) if apply is shifted else bg
            pair = steadied(replace(batch, fg_bg=_bytes(shown), bg=_bytes(empty)))
            values = predict(resize(pair.without_truth(), network.config.image_size, {}))["mask"]
            found = task.decided(task.at_frame(values, pair.bg, pair.fg_bg))[0, 0].numpy() > 0
            counts = sums.setdefault(change, {}).setdefault(batch.scenes[0], [0, 0])
            counts[0] += int((found & mask & valid).sum())
            counts[1] += int(((found | mask) & valid).sum())
    return {change: float(np.mean([a / max(b, 1) for a, b in of.values()])) for change, of in sums.items()}


def _bytes(image: Image) -> torch.Tensor:
    return torch.from_numpy(image.clip(0, 255).astype(np.uint8))[None]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["mdf-base", "mdf-small"])
    parser.add_argument("--data-root", required=True)
    parser.add_argument("--every", type=int, default=15)
    given = parser.parse_args()
    torch.set_num_threads(1)
    dataset: Dataset = Catalog.discover().create("dataset", f"real:{given.data_root}", {})
    print(f"{'':20}" + "".join(f"{change:>18}" for change in CHANGES))
    for name in given.models:
        row = scores(name, dataset, given.every)
        print(f"{name:20}" + "".join(f"{row[change]:18.3f}" for change in CHANGES), flush=True)


if __name__ == "__main__":
    main()
