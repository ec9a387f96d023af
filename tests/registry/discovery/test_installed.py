"""What is read of an installed distribution's metadata."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdf.registry.discovery.installed import installed
from mdf.registry.origin import Fault, Source

WANTS_ANOTHER = "mask-depth-framework>=99"


def write(folder: Path, **files: str) -> None:
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[mdf]\nodd = odd_plugin\n")
    for name, text in files.items():
        (folder / name).write_text(text)


def only(site: Path, monkeypatch: pytest.MonkeyPatch) -> Source | Fault:
    monkeypatch.syspath_prepend(str(site))
    (found,) = (item for item in installed() if item.plugin == "odd")
    return found


def test_a_readme_is_no_requirement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = "Metadata-Version: 2.1\nName: odd-plugin\nVersion: 2.0\nRequires-Dist: numpy"
    readme = f"\n\nIt says:\n\nRequires-Dist: {WANTS_ANOTHER}\n"
    write(tmp_path / "odd_plugin-2.0.dist-info", METADATA=headers + readme)
    found = only(tmp_path, monkeypatch)
    assert isinstance(found, Source)
    assert (found.distribution, found.version, found.target) == ("odd-plugin", "2.0", "odd_plugin")


def test_an_eggs_requirements_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = "Metadata-Version: 1.0\nName: odd-plugin\nVersion: 2.0\n"
    write(tmp_path / "odd_plugin.egg-info", **{"PKG-INFO": info, "requires.txt": f"numpy\n{WANTS_ANOTHER}\n"})
    found = only(tmp_path, monkeypatch)
    assert isinstance(found, Fault)
    assert (found.distribution, found.version, found.stage) == ("odd-plugin", "2.0", "find")
    assert WANTS_ANOTHER in found.error
