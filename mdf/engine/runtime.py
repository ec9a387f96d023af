"""Where a trial runs: device, precision, memory layout, threads, seeds. Chosen by capability, never by timing."""

from __future__ import annotations

import os
import platform
import random
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass

import numpy as np
import torch

from mdf.core.config import ExperimentConfig
from mdf.core.cores import cores
from mdf.core.errors import ConfigError

MOST_ON_CPU = 4
"""The most trials that run at once on a CPU by default: each holds its own copy of torch and of its network."""

Stamp = Mapping[str, str | int | bool]
"""The environment: device, precision, threads, versions. Costs of different stamps are never ranked together."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The resolved machine part of a trial. `device` is `cpu`, `mps`, `cuda` or `cuda:N`."""

    device: str
    precision: str
    channels_last: bool
    threads: int

    def autocast(self) -> AbstractContextManager[None] | torch.autocast:
        """The context in which the network runs at this precision."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16)

    def synchronise(self) -> None:
        """Wait until the device has finished its work (before reading a clock)."""
        kind = torch.device(self.device).type
        if kind == "cuda":
            torch.cuda.synchronize(self.device)
        elif kind == "mps":
            torch.mps.synchronize()

    def stamp(self) -> Stamp:
        """The environment that the trial runs in."""
        kind = torch.device(self.device).type
        cuda = kind == "cuda"
        return {
            **asdict(self),
            "device": kind,
            "device_name": torch.cuda.get_device_name(self.device) if cuda else _processor(),
            "cuda_toolkit": str(torch.version.cuda) if cuda else "",
            "torch": str(torch.__version__),  # of a class of torch's own, which would import it where it is unpickled
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        }


def resolve(config: ExperimentConfig) -> Runtime:
    """The runtime that `config` asks for. Raises ConfigError for a device or precision that this machine has not."""
    device = _device(config.device)
    able = _has_bf16(device)
    if config.precision == "bf16" and not able and not device.startswith("cpu"):
        raise ConfigError(f"{device} has no `precision = bf16`", "use `--precision fp32`")
    precision = ("bf16" if able else "fp32") if config.precision == "auto" else config.precision
    threads = config.threads or max(1, cores() // side_by_side(device))
    return Runtime(device, precision, channels_last=not device.startswith("mps"), threads=threads)


def devices(device: str) -> tuple[str, ...]:
    """Where a trial of the resolved `device` may run with the same result at the same cost: for `cuda` every GPU of the
    first one's model, else `device` alone."""
    if device != "cuda":
        return (device,)
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return tuple(f"cuda:{index}" for index, name in enumerate(names) if name == names[0])


def side_by_side(device: str) -> int:
    """Default number of concurrent trials: one a device; on the CPU one a core, four at most.

    It depends on the machine alone. So does the default of `threads`, which is one trial's share of the cores.
    """
    return min(MOST_ON_CPU, cores()) if device == "cpu" else len(devices(device))


def prepare(runtime: Runtime, seed: int) -> None:
    """Make this process run as `runtime` says, and seed every random generator with `seed`."""
    torch.set_num_threads(runtime.threads)
    if runtime.device.startswith("cuda"):
        torch.cuda.set_device(runtime.device)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    # as `use_deterministic_algorithms(True, warn_only=True)`, which imports the compiler: 2 s of every worker's life
    torch.set_deterministic_debug_mode("warn")
    # filling memory that nothing reads takes an eighth of a step's time
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def _device(asked: str) -> str:
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if asked == "auto":
        return next(kind for kind, there in available.items() if there)
    kind, _, index = asked.partition(":")
    if not available[kind] or (index and int(index) >= torch.cuda.device_count()):
        there = ", ".join(kind for kind, there in available.items() if there)
        raise ConfigError(f"device `{asked}` is not on this machine", f"there is: {there}; or use `--device auto`")
    return asked


def _has_bf16(device: str) -> bool:
    """Whether bf16 matrix work is native, hence faster than float32."""
    if device.startswith("cuda"):
        return bool(torch.cuda.get_device_capability(device) >= (8, 0))
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
