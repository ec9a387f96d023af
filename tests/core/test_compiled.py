"""Machine code: the same results as Python's, made late, kept where it can be kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mdf.core.compiled import compiled

SCRIPT = """
import sys
from mdf.core.compiled import compiled
assert "numba" not in sys.modules, "naming a function must not wait for numba"

@compiled()
def doubled(x):
    return 2 * x

assert doubled(21) == 42
assert "numba" in sys.modules
"""


def test_numba_is_imported_at_the_first_call(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    subprocess.run([sys.executable, tmp_path / "script.py"], check=True)


def test_where_nothing_can_be_kept_it_is_made_anew() -> None:
    scope: dict[str, object] = {"compiled": compiled}
    exec("@compiled()\ndef total(x):\n    return x.sum()", scope)  # a function of no file
    total = scope["total"]
    assert callable(total)
    assert total(np.arange(5)) == 10


def test_an_error_is_the_functions_own() -> None:
    @compiled()
    def first(x: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
        if x.size == 0:
            raise ValueError("nothing there")
        return int(x[0])

    assert first(np.array([7])) == 7
    with pytest.raises(ValueError, match="nothing there"):
        first(np.array([], dtype=np.int64))
