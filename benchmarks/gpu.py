"""Training and inference on a CUDA device, compared with SMP's Unet on ResNet-18, eager and compiled.

python benchmarks/gpu.py [--size 224] [--train-batch 64] [--rounds 10] [--no-compile] [--out gpu.json]

mdf: bf16, channels-last, uint8 images that are already on the device; eager, and compiled with CUDA graphs
(`torch.compile(mode="reduce-overhead")`). The opponent: float32 eager, as its documentation trains it, and at its best:
bf16, channels-last, compiled in the same way. A round of training is 5 steps, a round of inference 20 calls. The
device's utilisation is relative to its measured bf16 matrix product; the copy rate is printed too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import networks
import torch
from side_by_side import Line, Work, print_races, race, repeated
from torch.utils.flop_counter import FlopCounterMode

STEPS, CALLS = 5, 20
EAGER, BEST = networks.OPPONENT, "SMP Unet(resnet18), bf16, channels-last"


def training(size: int, batch: int, rounds: int, names: list[str], compiled: bool) -> list[Line]:
    """Seconds of five steps."""
    data = networks.batch_of(batch, size, "cuda")
    prepared = networks.prepared(data)
    eager, best = networks.Theirs("cuda"), networks.Theirs("cuda").at_its_best(compiled)
    works = {BEST: repeated(lambda: best.step(*prepared), STEPS)}
    for name in names:
        for how, change in (("eager", None), ("compiled", graphed))[: 1 + compiled]:
            own = networks.ours(name, size, device="cuda")
            if change:
                change(own.model)
            works[f"{name}, {how}"] = repeated(lambda own=own: own.step(data), STEPS)
    return race_all((EAGER, repeated(lambda: eager.step(*prepared), STEPS)), works, rounds)


def inference(size: int, batch: int, rounds: int, names: list[str], compiled: bool) -> list[Line]:
    """Seconds of twenty calls."""
    data = networks.batch_of(batch, size, "cuda")
    images = networks.prepared(data)[0]
    eager, best = networks.Theirs("cuda").eval(), networks.Theirs("cuda").at_its_best(compiled).eval()
    works = {BEST: repeated(lambda: best.infer(images), CALLS)}
    for name in names:
        for how, change in (("eager", None), ("compiled", graphed))[: 1 + compiled]:
            own = networks.ours(name, size, device="cuda")
            own.model.eval()
            if change:
                change(own.model)
            works[f"{name}, {how}"] = repeated(lambda own=own: own.infer(data), CALLS)
    return race_all((EAGER, repeated(lambda: eager.infer(images), CALLS)), works, rounds)


def graphed(model: torch.nn.Module) -> None:
    """Compile a model's forward and backward, replayed as CUDA graphs."""
    model.compile(mode="reduce-overhead")


def race_all(opponent: tuple[str, Work], works: dict[str, Work], rounds: int) -> list[Line]:
    """Race all works that run; print and leave out those that fail."""
    running: dict[str, tuple[Work, float | None]] = {}
    for name, work in works.items():
        try:
            work()
            torch.cuda.synchronize()
            running[name] = (work, None)
        except Exception as error:
            print(f"{name} does not run: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    return race(opponent, running, rounds, warm_up=2, settle=torch.cuda.synchronize)


def rate(work: Callable[[], object], amount: float, repeats: int = 20) -> float:
    """`amount` per second of work."""
    for _ in range(3):
        work()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(repeats):
        work()
    end.record()
    torch.cuda.synchronize()
    return amount * repeats / (start.elapsed_time(end) / 1e3)


def print_utilisation(size: int, batch: int, races: dict[str, list[Line]], names: list[str]) -> None:
    """Print how much of the device the fastest training of each network uses."""
    n = 8192
    a, b = (torch.randn(n, n, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    source = torch.empty(2**30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    peak = rate(lambda: a @ b, 2.0 * n**3)
    copied = rate(lambda: target.copy_(source), 2.0 * source.numel())
    print(f"measured: bf16 matrix product {peak / 1e12:.0f} TFLOP/s, copy {copied / 1e12:.2f} TB/s\n")
    data = networks.batch_of(batch, size, "cuda")
    for name in names:
        own = networks.ours(name, size, device="cuda")
        with FlopCounterMode(display=False) as counter:
            own.step(data)
        best = min((x.p10_s / STEPS for x in races["training"] if x.name.startswith(f"{name},")), default=float("nan"))
        done = counter.get_total_flops() / best
        print(
            f"{name}: {batch / best:.0f} images/s in training, "
            f"{done / 1e12:.1f} TFLOP/s = {done / peak:.1%} of the peak"
        )
    print()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--train-batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--networks", nargs="+", default=[networks.SAME, "unet", "s2d"], choices=list(networks.NETWORKS)
    )
    parser.add_argument("--no-compile", action="store_true", help="skip the compiled networks, which saves minutes")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("there is no CUDA device; benchmarks/training.py and benchmarks/inference.py run on a CPU")
    torch.manual_seed(0)
    compiled = not options.no_compile
    races = {
        "training": training(options.size, options.train_batch, options.rounds, options.networks, compiled),
        "inference, batch 1": inference(options.size, 1, options.rounds, options.networks, compiled),
        "inference, batch 64": inference(options.size, 64, options.rounds, options.networks, compiled),
    }
    print_utilisation(options.size, options.train_batch, races, options.networks)
    titled = {f"{name}, {options.size}×{options.size}, per round": lines for name, lines in races.items()}
    print_races("On a GPU", titled, options.out)


if __name__ == "__main__":
    main()
