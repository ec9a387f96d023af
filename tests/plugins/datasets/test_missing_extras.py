"""Data sets whose optional package is not installed say which line installs it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from image_files import noise, write

from mdf.core.errors import PluginError
from mdf.registry import Catalog


@pytest.mark.parametrize(("package", "name", "file"), [("av", "video", "x.mp4"), ("h5py", "nyuv2", "x.mat")])
def test_the_line_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, name: str, file: str
) -> None:
    (tmp_path / file).write_bytes(b"")
    for module in [m for m in sys.modules if re.match(rf"mdf\.(plugins\.datasets\.{name}|core\.{name}\.)", m)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PluginError) as error:
        Catalog.discover().create("dataset", f"{name}:{tmp_path / file}", {})
    assert f"mask-depth-framework[{name}]" in error.value.hint


def test_photographs_in_folders_need_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "den" / "rgb_1.png", noise(0, 4, 4, 3))
    write(tmp_path / "den" / "sync_depth_1.png", [[1000] * 4] * 4, np.uint16)
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert len(Catalog.discover().create("dataset", f"nyuv2:{tmp_path}", {})) == 1
