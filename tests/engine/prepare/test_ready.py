"""Workers of trainings have numba and its machine code from the server that they are forked from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
import os, sys
import torch
from mdf.core import compiled
from mdf.engine.prepare.mirror import mirrored
from mdf.engine.prepare.normalise import Normalise

def threads():
    return len(os.listdir("/proc/self/task"))

assert "numba" not in sys.modules, "who opens data alone does not wait for numba"
before = threads()
import mdf.engine.prepare.ready
assert "numba" in sys.modules
assert threads() == before, "a forked process would wait for a thread that it has not"

def compile_again(*arguments, **options):
    raise AssertionError("a loop was not ready")

compiled._compile = compile_again
if not os.fork():
    images = torch.randint(0, 256, (2, 3, 9, 7), dtype=torch.uint8)
    for mode in ("dataset", "pair"):
        Normalise(mode, (0.5,) * 3, (0.25,) * 3)(images, images)
    for tensor in (images, images > 9, images.float()):
        assert torch.equal(mirrored(tensor, [True, False])[0], tensor[0].flip(-1))
    os._exit(0)
assert os.wait()[1] == 0
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere workers are not forked from a server, or /proc is not there"
)
def test_a_forked_process_has_the_loops_and_no_thread_is_lost() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300)
