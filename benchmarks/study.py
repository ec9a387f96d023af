"""A whole study, 4 configurations × 2 seeds on one data set, beside the same eight trainings as a plain script.

python benchmarks/study.py [--size 64] [--steps 100] [--train 800] [--out study.json]

Equal networks (SMP's Unet on ResNet-18 and MobileNetV2 encoders, two output maps), equal steps and batches, equal
images. The script is what one would write with SMP and a DataLoader: PNG files, PIL, ColorJitter, one training after
the other, the test split scored at the end. Ours is `mdf benchmark`, cold: imports, its own decoding into the cache,
training, validation, scores and report included.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from data import PerImage
from PIL import Image
from side_by_side import line, tell
from torch import nn
from torch.utils.data import DataLoader, Subset

from mdf.plugins.datasets.scenes import Scenes

ENCODERS = ("resnet18", "mobilenet_v2")
LOSSES = ("l1", "mse")
SEEDS = (0, 1)
BATCH = 8


def write_files(folder: Path, samples: int, size: int) -> None:
    """Scenes as PNG files, in the layout of `folder:`; a background for each frame."""
    data = Scenes(Scenes.Config(size=size, train=samples, val=8, test=8), "")
    for name in ("bg", "fg_bg", "mask", "depth"):
        (folder / name).mkdir()
    indices = list(data.splits().train)
    for start in range(0, len(indices), 64):
        batch = data.read(indices[start : start + 64])
        for row in range(len(batch)):
            stem = f"{start + row:05}.png"
            for name, images in (("bg", batch.bg), ("fg_bg", batch.fg_bg)):
                Image.fromarray(images[row].permute(1, 2, 0).numpy()).save(folder / name / stem)
            Image.fromarray(batch.targets["mask"][row, 0].numpy() * 255).save(folder / "mask" / stem)
            depth = (batch.targets["depth"][row, 0] * 1000).round().clamp(0, 65535).numpy().astype(np.uint16)
            Image.fromarray(depth).save(folder / "depth" / stem)


class Pngs(PerImage):
    """The same for PNG images."""

    suffixes = dict.fromkeys(("bg", "fg_bg", "mask", "depth"), ".png")


def script(folder: Path, samples: int, steps: int) -> None:
    """The eight trainings, one after the other."""
    import segmentation_models_pytorch as smp

    data, split = Pngs(folder, samples), int(samples * 0.6)
    for encoder, loss, seed in product(ENCODERS, LOSSES, SEEDS):
        torch.manual_seed(seed)
        random.seed(seed)
        net = smp.Unet(encoder, encoder_weights=None, in_channels=6, classes=2)
        optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
        mask_loss, depth_loss = nn.BCEWithLogitsLoss(), nn.L1Loss() if loss == "l1" else nn.MSELoss()
        loader = DataLoader(
            Subset(data, range(split)), BATCH, shuffle=True, drop_last=True, num_workers=os.cpu_count() or 1
        )
        done = 0
        while done < steps:
            for bg, fg_bg, mask, depth in loader:
                optimiser.zero_grad()
                out = net(torch.cat([bg, fg_bg], 1))
                (mask_loss(out[:, :1], mask) + depth_loss(out[:, 1:], depth / 10)).backward()
                optimiser.step()
                done += 1
                if done == steps:
                    break
        net.eval()
        with torch.no_grad():
            for bg, fg_bg, _, _ in DataLoader(
                Subset(data, range(split, samples)), BATCH, num_workers=os.cpu_count() or 1
            ):
                net(torch.cat([bg, fg_bg], 1))


def ours(folder: Path, steps: int, size: int, scratch: Path) -> None:
    """The study as a user types it."""
    axes = [f"--encoder=smp:{name}" for name in ENCODERS] + [f"--loss={name}" for name in LOSSES]
    axes += [f"--seed={seed}" for seed in SEEDS]
    command = [sys.executable, "-m", "mdf.cli", "benchmark", *axes, "--decoder=smp:unet", "--predictor=none"]
    command += [
        f"--data=folder:{folder}",
        "--set",
        "data.depth_scale=0.001",
        f"--steps={steps}",
        f"--batch-size={BATCH}",
    ]
    command += [f"--size={size}", f"--runs={scratch / 'runs'}", "--no-costs"]
    subprocess.run(command, check=True, env={**os.environ, "MDF_CACHE": str(scratch / "cache")}, capture_output=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--train", type=int, default=800)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--script", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.script:
        script(asked.script, asked.train, asked.steps)
        return
    with TemporaryDirectory() as name:
        folder, scratch = Path(name) / "data", Path(name) / "scratch"
        folder.mkdir()
        write_files(folder, asked.train, asked.size)
        started = time.perf_counter()
        again = ["--script", str(folder), "--train", str(asked.train), "--steps", str(asked.steps)]
        subprocess.run([sys.executable, __file__, *again], check=True)
        theirs = time.perf_counter() - started
        started = time.perf_counter()
        ours(folder, asked.steps, asked.size, scratch)
        taken = time.perf_counter() - started
        lines = [line("plain SMP script", [theirs], [theirs], None), line("mdf benchmark", [taken], [theirs], 5.0)]
        count = len(ENCODERS) * len(LOSSES)
        title = f"{count} configurations × {len(SEEDS)} seeds, {asked.steps} steps, {asked.size}×{asked.size}"
        tell("Whole study", {title: lines}, asked.out)


if __name__ == "__main__":
    main()
