"""What the server could not import before it forks workers is told, and the workers work all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_study import ROOT

SCRIPT = """
import sys
from pathlib import Path
from mdf.core.progress import Warned
from mdf.core import processes
from mdf.workers import process
from mdf.workers.job import Job

processes.PRELOAD[:] = ["json", *sys.argv[1:]]
events = []
for _ in range(2):
    process.run(Job("preloaded_job:job"), on_progress=events.append, log=Path("log"))
print(*(event.message if isinstance(event, Warned) else event for event in events), sep="\\n")
"""
JOB = """
import sys

def job(on_progress):
    on_progress("json" in sys.modules)
"""
BROKEN = {
    "there_is_no_such_module": (None, "ModuleNotFoundError: No module named 'there_is_no_such_module'"),
    "half_a_library": ("from json import no_such_name", "ImportError: cannot import name 'no_such_name' from 'json'"),
    "broken_library": (
        "raise RuntimeError('compiled for\\nanother NumPy')",
        "RuntimeError: compiled for another NumPy",
    ),
    "leaving": ("raise SystemExit(3)", "SystemExit: 3"),
}


@pytest.mark.parametrize("module", BROKEN)
def test_a_module_that_cannot_be_preloaded_is_named_with_its_reason(module: str, tmp_path: Path) -> None:
    """multiprocessing would say nothing of an ImportError, and its server would end at any other."""
    source, reason = BROKEN[module]
    (tmp_path / "preloaded_job.py").write_text(JOB)
    if source is not None:
        (tmp_path / f"{module}.py").write_text(source)
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    warning, *others = done.stdout.splitlines()
    assert warning.startswith(f"`{module}` could not be loaded before the first worker: {reason}")
    assert others == ["True", "True"], "it is told once, and what could be preloaded is"
