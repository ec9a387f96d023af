"""A whole study, 4 configurations × 2 seeds on one data set, compared with the same eight trainings as a plain script.

python benchmarks/study.py [--size 64] [--steps 60] [--samples 800] [--device cpu] [--out study.json]

Both have equal networks (SMP's Unet on ResNet-18 and MobileNetV2 encoders, two output maps), steps, batches and images.
The images are as large as the network's input. The script is what one would write with SMP, a DataLoader and
torchmetrics: PNG files, PIL, ColorJitter, one training after the other, each followed by IoU and RMSE of the validation
and the test split. mdf is `mdf benchmark` from a cold start: imports, decoding into the cache, training, as many
validations plus one before the first step, scores, pictures and report. Costs are not measured.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from itertools import pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from data import PerImage
from PIL import Image
from side_by_side import line, print_races
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torchmetrics import MeanSquaredError
from torchmetrics.classification import BinaryJaccardIndex

from mdf.plugins.datasets.scenes import Scenes

ENCODERS = ("resnet18", "mobilenet_v2")
LOSSES = ("l1", "mse")
SEEDS = (0, 1)
BATCH = 8
WORKERS = os.cpu_count() or 1


def write_files(folder: Path, samples: int, size: int) -> None:
    """Write scenes as PNG files in the layout of `folder:`, with a background for each frame."""
    data = Scenes(Scenes.Config(size=size, train=samples, val=8, test=8), "")
    for name in ("bg", "fg_bg", "mask", "depth"):
        (folder / name).mkdir()
    indices = list(data.splits().train)
    for start in range(0, len(indices), 64):
        batch = data.read(indices[start : start + 64])
        for row in range(len(batch)):
            stem = f"{start + row:04}.png"
            for name, images in (("bg", batch.bg), ("fg_bg", batch.fg_bg)):
                Image.fromarray(images[row].permute(1, 2, 0).numpy()).save(folder / name / stem)
            Image.fromarray(batch.targets["mask"][row, 0].numpy() * 255).save(folder / "mask" / stem)
            depth = (batch.targets["depth"][row, 0] * 1000).round().clamp(0, 65535).numpy().astype(np.uint16)
            Image.fromarray(depth).save(folder / "depth" / stem)


class Pngs(PerImage):
    """The same with PNG images."""

    suffixes = dict.fromkeys(("bg", "fg_bg", "mask", "depth"), ".png")


def script(folder: Path, samples: int, steps: int, device: str) -> None:
    """The eight trainings, one after the other."""
    import segmentation_models_pytorch as smp

    data, ends = Pngs(folder, samples), [0, int(samples * 0.6), int(samples * 0.8), samples]
    train, val, test = (Subset(data, range(*part)) for part in pairwise(ends))
    for encoder, loss, seed in product(ENCODERS, LOSSES, SEEDS):
        torch.manual_seed(seed)
        random.seed(seed)
        net = smp.Unet(encoder, encoder_weights=None, in_channels=6, classes=2).to(device)
        optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
        mask_loss, depth_loss = nn.BCEWithLogitsLoss(), nn.L1Loss() if loss == "l1" else nn.MSELoss()
        loader = DataLoader(train, BATCH, shuffle=True, drop_last=True, num_workers=WORKERS)
        done = 0
        while done < steps:
            for batch in loader:
                bg, fg_bg, mask, depth = (tensor.to(device) for tensor in batch)
                optimiser.zero_grad()
                out = net(torch.cat([bg, fg_bg], 1))
                (mask_loss(out[:, :1], mask) + depth_loss(out[:, 1:], depth / 10)).backward()
                optimiser.step()
                done += 1
                if done == steps:
                    break
        for name, part in (("val", val), ("test", test)):
            print(encoder, loss, seed, name, *scores(net, part, device))


def scores(net: nn.Module, data: Subset[tuple[Tensor, ...]], device: str) -> tuple[float, float]:
    """IoU of the mask and RMSE of the depth."""
    iou, rmse = BinaryJaccardIndex().to(device), MeanSquaredError(squared=False).to(device)
    net.eval()
    with torch.no_grad():
        for batch in DataLoader(data, BATCH, num_workers=WORKERS):
            bg, fg_bg, mask, depth = (tensor.to(device) for tensor in batch)
            out = net(torch.cat([bg, fg_bg], 1))
            iou.update(out[:, :1].sigmoid(), mask.long())
            rmse.update(out[:, 1:].contiguous() * 10, depth)
    return float(iou.compute()), float(rmse.compute())


def ours(folder: Path, steps: int, size: int, scratch: Path, device: str) -> None:
    """The study as a user types it."""
    axes = [f"--encoder=smp:{name}" for name in ENCODERS] + [f"--loss={name}" for name in LOSSES]
    axes += [f"--seed={seed}" for seed in SEEDS]
    command = [sys.executable, "-m", "mdf", "benchmark", *axes, "--decoder=smp:unet", "--predictor=none"]
    command += [f"--data=folder:{folder}", "--set", "data.depth_scale=0.001", "--set", "train.validations=1"]
    command += [f"--size={size}", f"--steps={steps}", f"--batch-size={BATCH}", f"--device={device}"]
    command += [f"--runs={scratch / 'runs'}", "--no-costs"]
    command += ["--allow-leaks"]  # both sides split frames of one scene: only speed counts here
    subprocess.run(command, check=True, env={**os.environ, "MDF_CACHE": str(scratch / "cache")})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--samples", type=int, default=800)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--script", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.script:
        script(options.script, options.samples, options.steps, options.device)
        return
    with TemporaryDirectory() as name:
        folder, scratch = Path(name) / "data", Path(name) / "scratch"
        folder.mkdir()
        write_files(folder, options.samples, options.size)
        started = time.perf_counter()
        again = ["--script", str(folder), "--samples", str(options.samples), "--steps", str(options.steps)]
        again += ["--device", options.device]
        subprocess.run([sys.executable, __file__, *again], check=True)
        theirs = time.perf_counter() - started
        started = time.perf_counter()
        ours(folder, options.steps, options.size, scratch, options.device)
        taken = time.perf_counter() - started
        lines = [line("plain SMP script", [theirs], [theirs], None), line("mdf benchmark", [taken], [theirs], 5.0)]
        count = len(ENCODERS) * len(LOSSES)
        title = f"{count} configurations × {len(SEEDS)} seeds, {options.steps} steps, {options.size}×{options.size}"
        print_races("Whole study", {title: lines}, options.out)


if __name__ == "__main__":
    main()
