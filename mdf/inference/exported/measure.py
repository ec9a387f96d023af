"""What a frame costs, measured in a process of its own: `python -m mdf.inference.exported.measure FOLDER SIZE THREADS
PRECISION`.

FOLDER is an exported one, or a run's. It prints the median milliseconds of a frame and the process's largest memory in
megabytes. torch is imported for a run alone.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mdf.core.exporter import Exporter
from mdf.inference.exported.request import ExportCosts
from mdf.models.export.card import BG, FRAME, JOINT, OF_BACKGROUND, OF_FRAME, is_exported, read_card
from mdf.registry import Catalog

WARM_UP, FRAMES = 5, 40
PATIENCE = 300.0


def costs_of(
    folder: Path, size: tuple[int, int], threads: int, plugins: Sequence[str], precision: str = "fp32"
) -> ExportCosts | None:
    """The costs of a frame of `size` (height, width); None where the process failed."""
    how = [f"{size[0]}x{size[1]}", str(threads), precision]
    command = [sys.executable, "-m", __name__, str(folder), *how, *plugins]
    root = str(Path(__file__).parents[3])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    environ = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)}
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=True)
        milliseconds, megabytes = map(float, done.stdout.split())
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return ExportCosts(milliseconds, megabytes)


def main(arguments: Sequence[str]) -> None:
    """Print the costs."""
    folder, shape, threads, precision, *plugins = arguments
    height, _, width = shape.partition("x")
    size = (int(height), int(width))
    work_of = _exported if is_exported(Path(folder)) else _in_torch
    work = work_of(Path(folder), size, int(threads), precision, plugins)
    for _ in range(WARM_UP):
        work()
    times = [_timed(work) for _ in range(FRAMES)]
    print(1000 * statistics.median(times), largest_memory())


def largest_memory() -> float:
    """The most memory in megabytes (10⁶ bytes) that this process has held since it was started."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            held = next(line for line in lines if line.startswith("VmHWM"))
        return int(held.split()[1]) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _exported(
    folder: Path, size: tuple[int, int], threads: int, precision: str, plugins: Sequence[str]
) -> Callable[[], object]:
    card = read_card(folder)
    exporter: Exporter = Catalog.discover(plugins).create("exporter", card.exporter, {})
    arrays, name = dict(zip((BG, FRAME), _images(size), strict=True)), JOINT
    if OF_BACKGROUND in card.graphs:
        first, name = exporter.open_in(precision, folder, OF_BACKGROUND, threads), OF_FRAME
        arrays |= first(card.graphs[OF_BACKGROUND].fed(arrays))
    run, given = exporter.open_in(precision, folder, name, threads), card.graphs[name].fed(arrays)
    return lambda: run(given)


def _in_torch(
    folder: Path, size: tuple[int, int], threads: int, precision: str, plugins: Sequence[str]
) -> Callable[[], object]:
    import torch

    from mdf.engine.fold_batch_norms import fold
    from mdf.inference.network import TorchNetwork
    from mdf.models.restore import restore

    torch.set_num_threads(threads)
    on_cpu = restore(folder, plugins, "cpu", precision, f"{size[0]}x{size[1]}", threads)
    fold(on_cpu.model, size)
    network = TorchNetwork(on_cpu.placed())
    bg, frame = (torch.from_numpy(image) for image in _images(size))
    background = network.background(bg)
    return lambda: network.values(background, frame)


def _images(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    bg, frame = random.integers(0, 256, (2, 1, 3, *size), dtype=np.uint8)
    return bg, frame


if __name__ == "__main__":
    main(sys.argv[1:])
