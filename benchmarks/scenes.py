"""How fast `scenes` is drawn, and how difficult it is for simple background subtraction.

python benchmarks/scenes.py [--size 64] [--style rooms] [--samples 400]
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes import Scenes


def otsu(values: Tensor) -> int:
    """Otsu's threshold of uint8 values: it maximises the variance between the two classes (Otsu 1979, eq. 18)."""
    p = torch.bincount(values.flatten().int(), minlength=256).double() / values.numel()
    weight, mean = p.cumsum(0), (p * torch.arange(256)).cumsum(0)
    between = (mean[-1] * weight - mean) ** 2 / (weight * (1 - weight)).clamp(min=1e-12)
    return int(between.argmax())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--style", default="rooms")
    parser.add_argument("--samples", type=int, default=400)
    options = parser.parse_args()
    data = Scenes(Scenes.Config(size=options.size, style=options.style), "")
    data.read([0, 4])
    indices = list(data.splits().test)[: options.samples]
    start, processor = time.perf_counter(), time.process_time()
    batches = [data.read(indices[first : first + 64]) for first in range(0, len(indices), 64)]
    wall, used = time.perf_counter() - start, time.process_time() - processor
    print(
        f"{len(indices) / wall:.0f} samples/s, {used / len(indices) * 1e3:.1f} ms of processor time per sample, "
        f"{torch.get_num_threads()} threads"
    )

    mask = torch.cat([b.targets["mask"] for b in batches]).bool()
    share = mask.float().flatten(1).mean(1)
    present = share[share > 0]
    quantiles = torch.quantile(present, torch.tensor((0.0, 0.05, 0.5, 0.95, 1.0))).tolist()
    print(
        "foreground share: min, 5 %, median, 95 %, max =",
        ", ".join(f"{q:.3f}" for q in quantiles),
        f"({1 - len(present) / len(share):.1%} empty)",
    )

    difference = torch.cat([(b.fg_bg.int() - b.bg.int()).abs().amax(1, keepdim=True) for b in batches])
    predicted = torch.stack([image > otsu(image) for image in difference])
    print(f"|fg_bg − bg| + Otsu: pooled mask IoU {float((predicted & mask).sum() / (predicted | mask).sum()):.3f}")
    by_tag: dict[str, list[int]] = {}
    for index, tags in enumerate(t for b in batches for t in b.tags):
        for tag in tags or {"plain"}:
            by_tag.setdefault(tag, []).append(index)
    for tag, chosen in sorted(by_tag.items()):
        hit, either = (predicted[chosen] & mask[chosen]).sum(), (predicted[chosen] | mask[chosen]).sum().clamp(min=1)
        print(f"  {tag:<24}{len(chosen):>5} samples  IoU {float(hit / either):.3f}")
    if "depth" in data.tasks:
        depth = torch.cat([b.targets["depth"] for b in batches])
        spread = (depth - depth.mean(0)).square().mean().sqrt()
        print(
            f"depth {float(depth.min()):.2f}–{float(depth.max()):.2f} m, median {float(depth.median()):.2f} m, "
            f"RMSE of the per-pixel mean map {float(spread):.2f} m"
        )


if __name__ == "__main__":
    main()
