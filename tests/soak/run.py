"""`mdf watch` for a long time, with everything going wrong around it: `make soak` runs this.

    python tests/soak/run.py [--minutes 45] [--part NAME …] [--out soak.json]

45 minutes are 18,000 frames and ten of each kill; fewer minutes are as much less. Each part runs `mdf watch mdf-small`
as a process of its own, prints what it found, and fails where something was lost, told twice, or grew. A part that
cannot run here says why. Linux only: what processes hold is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from clock import clock_set_back
from deliveries import broker_kills, hook_kills
from disk import full_disk
from films import Film, make_film
from outages import reader_kills, stream_kills
from servers import MissingProgramError
from steady import steady
from watched import BrokenPromiseError

FULL = 45.0
FRAMES, KILLS = 18_000, 10
Part = Callable[[Path, Film, float], str]


def _kills(share: float) -> int:
    return max(2, round(KILLS * share))


PARTS: dict[str, Part] = {
    "steady": lambda folder, film, share: steady(folder, film, max(1000, round(FRAMES * share))),
    "stream killed": lambda folder, film, share: stream_kills(folder, film, _kills(share)),
    "reader killed": lambda folder, film, share: reader_kills(folder, film, _kills(share)),
    "broker killed": lambda folder, film, share: broker_kills(folder, film, _kills(share)),
    "hook killed": lambda folder, film, share: hook_kills(folder, film, _kills(share)),
    "disk full": lambda folder, film, share: full_disk(folder, film, _kills(share) // 2),
    "clock set back": lambda folder, film, share: clock_set_back(folder, film, _kills(share) // 2),
}


def main() -> int:
    """Run the parts; 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=FULL, help="about how long it takes on two cores")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="default: all")
    parser.add_argument("--out", type=Path, help="also write what was found as JSON")
    options = parser.parse_args()
    share = min(1.0, options.minutes / FULL)
    with tempfile.TemporaryDirectory(prefix="mdf-soak-") as folder:
        film = make_film(Path(folder) / "film.mp4")
        results = [_run(name, PARTS[name], film, share) for name in options.part or PARTS]
    if options.out:
        options.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return int(any(one["result"] == "failed" for one in results))


def _run(name: str, part: Part, film: Film, share: float) -> dict[str, object]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mdf-soak-") as folder:
        try:
            result, found = "passed", part(Path(folder), film, share)
        except MissingProgramError as error:
            result, found = "skipped", str(error)
        except BrokenPromiseError as error:
            result, found = "failed", str(error)
    seconds = time.monotonic() - began
    print(f"{name:16} {result:8} {seconds:5.0f} s  load {os.getloadavg()[0]:.1f}  {found}", flush=True)
    return {"part": name, "result": result, "seconds": round(seconds), "found": found}


if __name__ == "__main__":
    sys.exit(main())
