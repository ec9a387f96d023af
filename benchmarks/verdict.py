"""The verdict's speed, false positives and power, on simulated studies with known noise.

python benchmarks/verdict.py [--images 2000] [--rows 4] [--seeds 3] [--rounds 3] [--pairs 1000] [--out verdict.json]

Speed: seconds to compare every pair of rows over 10,000 resamples of the images, by pooled IoU. False positives: the
share of `--pairs` equal configurations that are called different at 5 %, by the verdict and by a percentile bootstrap
over seeds. Power: the share that is called different if configurations are 1 point of IoU apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from side_by_side import machine, tenth

from mdf.report.verdict.interval import Part, difference
from mdf.report.verdict.resample import RESAMPLES, group_images, group_sums, resampled_scores

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from simulated_study import Floats, World, compared, iou

NOISE = {"seed_noise": 0.005, "image_noise": 0.05}
QUIET = {"seed_noise": 0.003, "image_noise": 0.03}


def seconds(images: int, rows: int, seeds: int) -> float:
    """Seconds to compare every pair of rows, from per-image statistics to intervals."""
    world = World(np.random.default_rng(0), images, scenes=images)
    tables = np.concatenate([world.counts(0.8, seeds, **NOISE) for _ in range(rows)], axis=1)
    start = time.perf_counter()
    group_of, _ = group_images(world.scenes)
    sums = group_sums(tables, group_of)
    whole, drawn = iou(tables.sum(0)), resampled_scores(sums, iou, RESAMPLES)
    parts = [Part(whole[r : r + seeds], drawn[:, r : r + seeds]) for r in range(0, rows * seeds, seeds)]
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            _ = difference([(1.0, one), (-1.0, other)], len(sums)).half_width
    return time.perf_counter() - start


def percentile(world: World, a: Floats, b: Floats) -> bool:
    """Whether a percentile bootstrap over seeds, a common method, calls the pair different."""
    one, two = iou(a.sum(0)), iou(b.sum(0))
    chosen = world.random.integers(0, len(one), (2, 1000, len(one)))
    low, high = np.percentile(one[chosen[0]].mean(1) - two[chosen[1]].mean(1), [2.5, 97.5])
    return bool(low > 0 or high < 0)


def verdict(world: World, a: Floats, b: Floats) -> bool:
    """Whether the verdict calls this pair different; the pair is the only one of its study."""
    return compared(world, a, b, 300).p < 0.05


def share(decide: Callable[[World, Floats, Floats], bool], seeds: int, pairs: int, gap: float, noise: dict) -> float:
    """The share of `pairs` that is called different."""
    random = np.random.default_rng(seeds)
    called = 0
    for _ in range(pairs):
        world = World(random)
        called += decide(world, *(world.counts(level, seeds, **noise) for level in (0.8 + gap, 0.8)))
    return called / pairs


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("images", 2000), ("rows", 4), ("seeds", 3), ("rounds", 3), ("pairs", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    computer = machine()
    print(f"{computer['processor']}, {computer['cores']} cores, load {computer['load'][0]:.1f}")
    took = [seconds(options.images, options.rows, options.seeds) for _ in range(options.rounds)]
    print(
        f"{statistics.median(took):.2f} s (10th percentile {tenth(took):.2f} s): {RESAMPLES} resamples of "
        f"{options.images} images, {options.rows} rows of {options.seeds} seeds"
    )
    shares = {}
    for seeds in (2, 3, 5, 10):
        false, by_percentiles = (share(decide, seeds, options.pairs, 0.0, NOISE) for decide in (verdict, percentile))
        power = share(verdict, seeds, options.pairs, 0.01, QUIET)
        shares[seeds] = {"false": false, "false_by_percentiles": by_percentiles, "power": power}
        print(
            f"{seeds} seeds: {false:.1%} of {options.pairs} equal pairs called different "
            f"(percentiles over seeds {by_percentiles:.1%}); a gap of 1 point found in {power:.0%}"
        )
    if options.out is not None:
        plain = {
            "machine": computer,
            "options": vars(options) | {"out": str(options.out)},
            "seconds": took,
            "shares": shares,
        }
        options.out.write_text(json.dumps(plain, indent=1) + "\n")


if __name__ == "__main__":
    main()
