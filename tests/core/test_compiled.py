"""Machine code: the same results as Python's, made late, kept where it can be kept."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mdf.core.compiled import compiled
from mdf.core.errors import ConfigError

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


MODULE = """
from mdf.core.compiled import compiled
from mdf.core.errors import ConfigError

@compiled()
def doubled(x):
    return 2 * x
"""


def doubled_of(path: Path) -> int:
    """What the module at `path`, imported anew, makes of 21."""
    spec = importlib.util.spec_from_file_location("kept", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return int(module.doubled(21))


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_what_was_kept_and_is_damaged_is_made_anew(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "kept.py"
    path.write_text(MODULE)
    assert doubled_of(path) == 42
    kept = list(tmp_path.rglob(f"*.{suffix}"))
    assert kept
    for file in kept:
        file.write_bytes(b"")
    assert doubled_of(path) == 42


def test_plain_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba import config

    @compiled()
    def same(x: int) -> int:
        return x

    monkeypatch.setattr(config, "DISABLE_JIT", 1)
    with pytest.raises(ConfigError, match="NUMBA_DISABLE_JIT"):
        same(1)
