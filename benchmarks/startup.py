"""How long `mdf` takes to start, compared with the least that it needs: `python -c "import click"`.

python benchmarks/startup.py [--rounds 20] [--plugins 50] [--out startup.json]

The commands take turns, so that a busy moment of the machine affects all of them. A ratio compares times of one round.
The last command sees a folder with `--plugins` installed plugin packages of one component each.
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
    """Write plugin packages as `pip install --target` does."""
    for n in range(count):
        info = site / f"mdf_tiny_{n}-1.0.dist-info"
        package = site / f"tiny_{n}"
        info.mkdir(parents=True)
        package.mkdir()
        (info / "METADATA").write_text(METADATA.format(n=n))
        (info / "entry_points.txt").write_text(f"[mdf]\ntiny-{n} = tiny_{n}\n")
        (info / "RECORD").write_text("")
        (package / "__init__.py").write_text(REGISTRATION.format(n=n))


def environment(site: Path | None, bytecode: Path) -> dict[str, str]:
    """The environment variables; bytecode is written, whatever this shell's variables say."""
    path = [str(ROOT), *([str(site)] if site else [])]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MDF_") and k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": os.pathsep.join(path), "PYTHONPYCACHEPREFIX": str(bytecode)}


def seconds(arguments: Sequence[str], environ: Mapping[str, str]) -> float:
    """Wall time of one new Python process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(rounds: int, plugins: int) -> dict[str, list[float]]:
    """Seconds of every round, by command. A first round, not counted, fills disk caches and writes bytecode."""
    listing = ["-m", "mdf", "plugins", "list"]
    with TemporaryDirectory() as folder:
        site, bytecode = Path(folder, "site"), Path(folder, "bytecode")
        install(site, plugins)
        bare, full = environment(None, bytecode), environment(site, bytecode)
        commands: Mapping[str, tuple[list[str], Mapping[str, str]]] = {
            BASELINE: (["-c", "import click"], bare),
            "mdf --help": (["-m", "mdf", "--help"], bare),
            "mdf plugins list": (listing, bare),
            f"mdf plugins list, {plugins} plugins": (listing, full),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, (arguments, environ) in commands.items():
                taken = seconds(arguments, environ)
                if number:
                    times[name].append(taken)
    return times


def main() -> None:
    """Print a line per command and write all numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--plugins", type=int, default=50)
    parser.add_argument("--out", type=Path, default=Path("startup.json"))
    options = parser.parse_args()
    times = measure(options.rounds, options.plugins)
    summaries = {name: summarise(taken, times[BASELINE]) for name, taken in times.items()}
    width = max(map(len, summaries))
    print(f"{'':{width}}  median ms  10th percentile ms  ratio, median  ratio, 10th percentile")
    for name, line in summaries.items():
        print(
            f"{name:{width}}  {line['median_ms']:9.1f}  {line['p10_ms']:18.1f}  "
            f"{line['ratio_median']:13.2f}  {line['ratio_p10']:22.2f}"
        )
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    options.out.write_text(
        json.dumps({"machine": machine, "rounds": options.rounds, "commands": summaries, "seconds": times}, indent=1)
        + "\n"
    )


def summarise(taken: Sequence[float], baseline: Sequence[float]) -> dict[str, float]:
    """Median and 10th percentile of the times, and of their ratios to the baseline in the same round."""
    ratios = [own / other for own, other in zip(taken, baseline, strict=True)]
    return {
        "median_ms": 1000 * statistics.median(taken),
        "p10_ms": 1000 * tenth(taken),
        "ratio_median": statistics.median(ratios),
        "ratio_p10": tenth(taken) / tenth(baseline),
    }


if __name__ == "__main__":
    main()
