"""Training and inference on a CUDA device, compared with SMP's Unet on ResNet-18.

python benchmarks/gpu.py [--size 224] [--train-batch 8 64 256] [--rounds 10] [--out gpu.json]
python benchmarks/gpu.py --compiled

mdf: bf16, channels-last, uint8 images that are already on the device; as it is, and recorded as CUDA graphs
(`train.graphs`, `mdf.load(graphs=True)`). The opponent: float32 eager, as its documentation trains it, and set up as
well: bf16, channels-last. With `--compiled` both are compiled (`max-autotune`), for one batch of training and one
frame: that takes minutes more. A round of training is 5 steps, a round of inference 20 calls. The device's utilisation
is relative to its measured bf16 matrix product; the copy rate is printed too. A whole study: `study.py --device cuda`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import networks
import torch
from side_by_side import Line, Work, print_races, race, repeated
from torch.utils.flop_counter import FlopCounterMode

from mdf.core.sample import Batch
from mdf.engine.replay import CudaGraphs, Replayed

STEPS, CALLS = 5, 20
EAGER, BEST = networks.OPPONENT, "SMP Unet(resnet18), bf16, channels-last"
AUTOTUNE = "max-autotune"


def training(size: int, batch: int, rounds: int, names: list[str], compiled: bool) -> list[Line]:
    """Seconds of five steps."""
    data = networks.batch_of(batch, size, "cuda")
    prepared = networks.prepared(data)
    eager, best = networks.Theirs("cuda"), networks.Theirs("cuda").at_its_best(AUTOTUNE if compiled else None)
    works = {BEST: repeated(lambda: best.step(*prepared), STEPS)}
    for name in names:
        for how, work in steps_of(name, size, data, compiled).items():
            works[f"{name}, {how}"] = repeated(work, STEPS)
    return race_all((EAGER, repeated(lambda: eager.step(*prepared), STEPS)), works, rounds)


def steps_of(name: str, size: int, data: Batch, compiled: bool) -> dict[str, Work]:
    """A training step of one of ours, in each way."""
    own, recorded = (networks.ours(name, size, device="cuda", graphs=graphs) for graphs in (False, True))
    replayed = Replayed(CudaGraphs("cuda"), refuse)
    works: dict[str, Work] = {
        "as it is": lambda: own.step(data),
        "recorded": lambda: replayed("step", data.tensors, lambda given: recorded.step(data.holding(given)) or {}),
    }
    other = tuned(name, size, compiled)
    if other is not None:
        works["compiled"] = lambda: other.step(data)
    return works


def refuse(reason: str) -> None:
    """A row of recorded work is of recorded work alone."""
    raise RuntimeError(f"it {reason}")


def inference(size: int, batch: int, rounds: int, names: list[str], compiled: bool) -> list[Line]:
    """Seconds of twenty calls."""
    data = networks.batch_of(batch, size, "cuda")
    images = networks.prepared(data)[0]
    eager = networks.Theirs("cuda").eval()
    best = networks.Theirs("cuda").at_its_best(AUTOTUNE if compiled else None).eval()
    works = {BEST: repeated(lambda: best.infer(images), CALLS)}
    for name in names:
        for how, work in calls_of(name, size, data, compiled).items():
            works[f"{name}, {how}"] = repeated(work, CALLS)
    return race_all((EAGER, repeated(lambda: eager.infer(images), CALLS)), works, rounds)


def calls_of(name: str, size: int, data: Batch, compiled: bool) -> dict[str, Work]:
    """A prediction of one of ours, in each way."""
    own = networks.ours(name, size, device="cuda")
    own.model.eval()
    replayed = Replayed(CudaGraphs("cuda"), refuse)
    works: dict[str, Work] = {
        "as it is": lambda: own.infer(data),
        "recorded": lambda: replayed("call", data.tensors, lambda given: own.infer(data.holding(given))),
    }
    other = tuned(name, size, compiled)
    if other is not None:
        other.model.eval()
        works["compiled"] = lambda: other.infer(data)
    return works


def tuned(name: str, size: int, compiled: bool) -> networks.Ours | None:
    """One of ours, compiled; None where nothing is."""
    if not compiled:
        return None
    own = networks.ours(name, size, device="cuda")
    own.model.compile(mode=AUTOTUNE)
    return own


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


def print_utilisation(size: int, batch: int, lines: list[Line], names: list[str]) -> None:
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
        best = min((x.p10_s / STEPS for x in lines if x.name.startswith(f"{name},")), default=float("nan"))
        done = counter.get_total_flops() / best
        print(
            f"{name}: {batch / best:.0f} images/s in training, "
            f"{done / 1e12:.1f} TFLOP/s = {done / peak:.1%} of the peak"
        )
    print()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--train-batch", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--networks", nargs="+", default=[networks.SAME, "unet", "s2d"], choices=list(networks.NETWORKS)
    )
    parser.add_argument("--compiled", action="store_true", help="compile all networks, which takes minutes")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("there is no CUDA device; benchmarks/training.py and benchmarks/inference.py run on a CPU")
    torch.manual_seed(0)
    batches = options.train_batch or ([64] if options.compiled else [8, 64, 256])
    given = (options.rounds, options.networks, options.compiled)
    races = {f"training, batch {batch}": training(options.size, batch, *given) for batch in batches}
    for batch in [1] if options.compiled else [1, 64]:
        races[f"inference, batch {batch}"] = inference(options.size, batch, *given)
    for batch in batches:
        print_utilisation(options.size, batch, races[f"training, batch {batch}"], options.networks)
    titled = {f"{name}, {options.size}×{options.size}, per round": lines for name, lines in races.items()}
    print_races("On a GPU", titled, options.out)


if __name__ == "__main__":
    main()
