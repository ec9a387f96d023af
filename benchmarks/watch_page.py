"""What the page of `mdf watch` costs a camera.

python benchmarks/watch_page.py [--clip FILE] [--frames 200] [--rounds 3] [--threads 1]

The clip is watched as fast as it goes with `mdf-small`: without a page; with a page that nobody looks at; with three
browsers that ask for the next picture as soon as they have one, and ten that ask for pictures and read nothing. The
table has the CPU time of this process for each frame (it hardly depends on what else the machine does), and frames a
second by the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import tempfile
import threading
import time
import urllib.request
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from watch import CLIP, part

import mdf


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = part(options.clip, Path(folder) / "clip.mp4", options.frames, 1)
        kinds = {"no page": (False, 0, 0), "page": (True, 0, 0), "page, 3 look, 10 do not read": (True, 3, 10)}
        best: dict[str, list[tuple[float, float]]] = {}
        for kind, asked in chain.from_iterable([kinds.items()] * options.rounds):
            best.setdefault(kind, []).append(watched(clip, options.threads, *asked))
    for kind, runs in best.items():
        cpu, rate = min(run[0] for run in runs), max(run[1] for run in runs)
        print(f"{kind:32} {1000 * cpu:7.1f} ms of CPU a frame {rate:7.1f} frames/s")


def watched(clip: Path, threads: int, has_page: bool, looking: int, deaf: int) -> tuple[float, float]:
    """CPU seconds a frame, and frames a second."""
    page = {"page": ":0"} if has_page else {}
    watching = mdf.watch("mdf-small", clip, gate="off", threads=threads, **page)
    is_over = threading.Event()
    for _ in range(looking):
        threading.Thread(target=look, args=(watching.page, clip.stem, is_over), daemon=True).start()
    sockets = [stalled(watching.page, clip.stem) for _ in range(deaf)]
    cpu, start = seconds(), time.perf_counter()
    for _ in watching:
        pass
    cpu, wall = seconds() - cpu, time.perf_counter() - start
    is_over.set()
    for one in sockets:
        one.close()
    frames = sum(one["frames"] for one in watching.summary().values())
    return cpu / frames, frames / wall


def seconds() -> float:
    """CPU time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def look(page: str, camera: str, is_over: threading.Event) -> None:
    """A browser. It runs in this process, so its own work is counted too."""
    number = -1
    while not is_over.is_set():
        try:
            with urllib.request.urlopen(f"{page}api/cameras/{camera}/view?after={number}", timeout=10) as answer:
                number = json.load(answer)["number"]
        except OSError:
            time.sleep(0.1)


def stalled(page: str, camera: str) -> socket.socket:
    """A browser that asks for pictures and reads none."""
    address = urlsplit(page)
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex((address.hostname or "", address.port or 0))
    one.setblocking(True)
    one.sendall(f"GET /api/cameras/{camera}/view HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 50)
    return one


if __name__ == "__main__":
    main()
