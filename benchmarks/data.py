"""Loading batches at 224×224, compared with PIL, torchvision and a DataLoader.

python benchmarks/data.py [--samples 384] [--size 224] [--rounds 3] [--out data.json]

A batch is decoded, flipped, jittered and normalised: two float32 images, mask and depth. All read the same files: JPEG
background and frame, PNG mask, 16-bit PNG depth, a background for every frame. The opponent decodes with PIL, jitters
each image with torchvision's ColorJitter, and loads with one worker process per core. A second line has no worker
process, which is `DataLoader`'s default. mdf reads through its own data path, from the files or from the uint8 cache,
in one process with PyTorch's threads, and once more from the cache with one of them. A line is one pass over the data
set. The opponent's workers start before the clock.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from side_by_side import print_races, race
from torch import Tensor
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.transforms import functional as V

from mdf.core.config import Augment
from mdf.core.dataset import Dataset
from mdf.data.cache import cached
from mdf.engine.loader import read, read_ahead
from mdf.engine.prepare.augment import augment
from mdf.engine.prepare.normalise import Normalise
from mdf.registry import Catalog
from mdf.workers.malloc import keep_freed_memory

BATCH = 16
MEAN, STD = (0.45, 0.45, 0.45), (0.25, 0.25, 0.25)
FOLDERS = {"bg": ".jpg", "fg_bg": ".jpg", "mask": ".png", "depth": ".png"}


def write_files(folder: Path, count: int, size: int) -> None:
    """Write `count` samples in the layout of `folder:`, smooth ones, so that JPEG compresses them like photographs."""
    noise = np.random.default_rng(0)
    for name in FOLDERS:
        (folder / name).mkdir()
    for i in range(count):
        for name in ("bg", "fg_bg"):
            coarse = Image.fromarray(noise.integers(0, 256, (size // 8, size // 8, 3), dtype=np.uint8))
            coarse.resize((size, size), Image.Resampling.BICUBIC).save(folder / name / f"{i:04}.jpg", quality=90)
        mask = np.zeros((size, size), dtype=np.uint8)
        mask[size // 4 : size // 2, size // 4 : size // 2] = 255
        Image.fromarray(mask).save(folder / "mask" / f"{i:04}.png")
        ramp = np.linspace(1000, 9000, size * size).reshape(size, size).astype(np.uint16)
        Image.fromarray(ramp).save(folder / "depth" / f"{i:04}.png")


class PerImage(torch.utils.data.Dataset[tuple[Tensor, ...]]):
    """What a plain script does: it decodes, jitters and normalises each image by itself."""

    suffixes = FOLDERS

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self.jitter = transforms.ColorJitter(0.1, 0.1, 0.1)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        images = {n: Image.open(self.folder / n / f"{index:04}{suffix}") for n, suffix in self.suffixes.items()}
        if random.random() < 0.5:
            images = {name: V.hflip(image) for name, image in images.items()}
        pair = [V.normalize(V.to_tensor(self.jitter(images[n].convert("RGB"))), MEAN, STD) for n in ("bg", "fg_bg")]
        depth = torch.from_numpy(np.asarray(images["depth"], dtype=np.float32) / 1000)[None]
        return (*pair, V.to_tensor(images["mask"]), depth)


def batches(dataset: Dataset, size: int) -> Iterator[tuple[Tensor, ...]]:
    """One pass through mdf's data path, on the CPU."""
    normalise, generator = Normalise("dataset", MEAN, STD), torch.Generator().manual_seed(0)
    groups = [list(range(i, min(i + BATCH, len(dataset)))) for i in range(0, len(dataset), BATCH)]
    for batch in read_ahead(read(dataset, group, (size, size), {}) for group in groups):
        augmented = augment(batch, Augment(), {}, generator)
        targets = (target.float() for target in augmented.targets.values())
        yield (*normalise(augmented.bg, augmented.fg_bg, augmented.jitter), *targets)


def read_all(source: Iterator[tuple[Tensor, ...]]) -> int:
    """Read a whole pass and return its number of samples."""
    return sum(len(batch[0]) for batch in source)


def with_one_thread(source: Iterator[tuple[Tensor, ...]]) -> int:
    """The same with one thread of PyTorch; mdf's own thread still reads ahead."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return read_all(source)
    finally:
        torch.set_num_threads(threads)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=384)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MDF_CACHE"] = str(folder / "cache")
        write_files(folder, options.samples, options.size)
        theirs = PerImage(folder, options.samples)
        loader = DataLoader(theirs, BATCH, num_workers=os.cpu_count() or 1, persistent_workers=True)
        alone = DataLoader(theirs, BATCH)
        files = Catalog.discover([]).create("dataset", f"folder:{folder}", {"depth_scale": 0.001})
        decoded = cached(files, "benchmark")
        keep_freed_memory()  # as mdf's workers do
        assert read_all(iter(loader)) == read_all(batches(files, options.size)) == options.samples
        lines = race(
            ("PIL + ColorJitter + DataLoader", lambda: read_all(iter(loader))),
            {
                "the same without worker processes": (lambda: read_all(iter(alone)), None),
                "mdf from files": (lambda: read_all(batches(files, options.size)), 4.5),
                "mdf from the uint8 cache": (lambda: read_all(batches(decoded, options.size)), 60.0),
                "– with one thread": (lambda: with_one_thread(batches(decoded, options.size)), 60.0),
            },
            options.rounds,
        )
        print_races(
            "Data", {f"one pass of {options.samples} samples at {options.size}×{options.size}": lines}, options.out
        )


if __name__ == "__main__":
    main()
