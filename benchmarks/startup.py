"""How long `mdf` takes to start, beside what it cannot do without: `python -c "import click"`.

python benchmarks/startup.py [--rounds 20] [--plugins 50] [--out startup.json]

The commands are run in turns, so that a busy moment falls on all of them alike; each round's ratio is taken to the same
round's `import click`. The last command sees a folder of as many installed plugin packages, each with one component.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from side_by_side import tenth

import mdf

ROOT = Path(mdf.__file__).parents[1]
BASELINE = "import click"
REGISTRATION = """from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_losses():
    return [Spec("tiny-{n}", "tiny_{n}.loss:Tiny", "A tiny loss.")]
"""
METADATA = "Metadata-Version: 2.1\nName: mdf-tiny-{n}\nVersion: 1.0\nRequires-Dist: mask-depth-framework>=0.1\n"


def install(site: Path, count: int) -> None:
    """Plugin packages as `pip install --target` leaves them."""
    for n in range(count):
        info = site / f"mdf_tiny_{n}-1.0.dist-info"
        package = site / f"tiny_{n}"
        info.mkdir(parents=True)
        package.mkdir()
        (info / "METADATA").write_text(METADATA.format(n=n))
        (info / "entry_points.txt").write_text(f"[mdf]\ntiny-{n} = tiny_{n}\n")
        (info / "RECORD").write_text("")
        (package / "__init__.py").write_text(REGISTRATION.format(n=n))


def surroundings(site: Path | None, bytecode: Path) -> dict[str, str]:
    """The environment, in which bytecode is kept as pip keeps it, whatever this shell says of it."""
    path = [str(ROOT), *([str(site)] if site else [])]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MDF_") and k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": os.pathsep.join(path), "PYTHONPYCACHEPREFIX": str(bytecode)}


def seconds(arguments: Sequence[str], environ: Mapping[str, str]) -> float:
    """Wall time of one fresh Python."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(rounds: int, plugins: int) -> dict[str, list[float]]:
    """Seconds of every round by command; one round before the first warms the disk and writes bytecode."""
    listing = ["-m", "mdf", "plugins", "list"]
    with TemporaryDirectory() as folder:
        site, bytecode = Path(folder, "site"), Path(folder, "bytecode")
        install(site, plugins)
        bare, full = surroundings(None, bytecode), surroundings(site, bytecode)
        commands: Mapping[str, tuple[list[str], Mapping[str, str]]] = {
            BASELINE: (["-c", "import click"], bare),
            "mdf --help": (["-m", "mdf", "--help"], bare),
            "mdf plugins list": (listing, bare),
            f"mdf plugins list, {plugins} plugins": (listing, full),
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, (arguments, environ) in commands.items():
                taken = seconds(arguments, environ)
                if number:
                    found[name].append(taken)
    return found


def main() -> None:
    """Print a line a command; write all numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--plugins", type=int, default=50)
    parser.add_argument("--out", type=Path, default=Path("startup.json"))
    asked = parser.parse_args()
    found = measure(asked.rounds, asked.plugins)
    told = {name: _told(taken, found[BASELINE]) for name, taken in found.items()}
    width = max(map(len, told))
    print(f"{'':{width}}  median ms  10th percentile ms  ratio, median  ratio, 10th percentile")
    for name, line in told.items():
        print(
            f"{name:{width}}  {line['median_ms']:9.1f}  {line['p10_ms']:18.1f}  "
            f"{line['ratio_median']:13.2f}  {line['ratio_p10']:22.2f}"
        )
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    asked.out.write_text(
        json.dumps({"machine": machine, "rounds": asked.rounds, "commands": told, "seconds": found}, indent=1) + "\n"
    )


def _told(taken: Sequence[float], baseline: Sequence[float]) -> dict[str, float]:
    """Medians and 10th percentiles, of times and of each round's ratio to the baseline."""
    ratios = [mine / theirs for mine, theirs in zip(taken, baseline, strict=True)]
    return {
        "median_ms": 1000 * statistics.median(taken),
        "p10_ms": 1000 * tenth(taken),
        "ratio_median": statistics.median(ratios),
        "ratio_p10": tenth(taken) / tenth(baseline),
    }


if __name__ == "__main__":
    main()
