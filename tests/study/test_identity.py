"""A trial's id changes with everything that can change its result, and with nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mdf import api
from mdf.core.spec import Spec
from mdf.registry import Offer
from mdf.study import identity
from mdf.study.identity import LIBRARIES, made_of, sources_hash, trial_id

STAMP = {"device": "cuda:0", "precision": "fp32", "channels_last": True, "threads": 1, "torch": "2.14"}


def key(stamp: dict[str, Any] = STAMP, made: dict[str, str] | None = None, fingerprint: str = "f", **keys: Any) -> str:
    config = api.cells(encoder="unet", predictor=[], **keys)[0]
    return trial_id(config, fingerprint, stamp, made or {"numpy": "2"})


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"loss": "mse"},
        {"steps": 5},
        {"fingerprint": "g"},
        {"made": {"numpy": "3"}},
        {"made": {"numpy": "2", "timm": "1"}},
        *({"stamp": {**STAMP, name: "other"}} for name in STAMP),
    ],
    ids=str,
)
def test_whatever_decides_the_result_changes_the_id(change: dict[str, Any]) -> None:
    assert key(**change) != key()


def test_the_number_of_the_device_and_the_rest_of_the_stamp_do_not() -> None:
    assert key() == key({**STAMP, "device": "cuda:1", "device_name": "another", "python": "3.99"})


def test_what_trains_stores_and_scores_a_trial_decides_its_result() -> None:
    root = Path(identity.__file__).parents[1]
    assert {f"study/{name}.py" for name in ("trial", "trained", "statistics")} <= set(identity.DECIDES_RESULTS)
    assert all((root / place).exists() for place in identity.DECIDES_RESULTS)


def offer(target: str, extra: str = "", distribution: str = "theirs", version: str = "1.5") -> Offer:
    return Offer("plugin", distribution, version, "loss", Spec("l", target, "A loss.", extra=extra))


def builtin(extra: str) -> Offer:
    return offer("mdf.plugins.predictors.mog2:Mog2", extra, "mask-depth-framework")


def test_libraries_are_told_by_their_versions() -> None:
    found = made_of([])
    assert set(found) == set(LIBRARIES)
    assert all(found.values())


def test_libraries_of_an_extra_count_where_a_component_needs_it() -> None:
    pytest.importorskip("cv2")
    assert any(name.startswith("opencv") for name in made_of([builtin("opencv")]))
    assert not any(name.startswith("opencv") for name in made_of([builtin("")]))


def test_every_extra_of_a_built_in_component_is_known() -> None:
    from mdf.registry import Catalog

    computing = [o for o in Catalog.discover() if o.builtin and o.spec.extra and o.kind != "logger"]
    assert {o.spec.extra for o in computing} <= set(identity.OF_EXTRAS)


def test_an_edited_plugin_of_unchanged_version_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in its package: a component's module imports others."""
    inner = tmp_path / "edited_plugin" / "deep"
    inner.mkdir(parents=True)
    for folder in (inner.parent, inner):
        (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    for text in ("A = 1", "A = 2", "A = 1"):
        (inner / "blur.py").write_text(text)
        sources_hash.cache_clear()
        seen.append(made_of([offer("edited_plugin.loss:Loss")])["theirs edited_plugin"])
    assert seen[0] == seen[2] != seen[1]
    assert all(version.startswith("1.5 ") for version in seen)
    assert "edited_plugin" not in sys.modules


def test_a_plugin_of_one_file_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lone_plugin.py").write_text("A = 1")
    (tmp_path / "neighbour.py").write_text("A = 1")
    monkeypatch.syspath_prepend(tmp_path)
    first = sources_hash("lone_plugin")
    sources_hash.cache_clear()
    (tmp_path / "neighbour.py").write_text("A = 2")
    assert sources_hash("lone_plugin") == first
    sources_hash.cache_clear()
    (tmp_path / "lone_plugin.py").write_text("A = 2")
    assert sources_hash("lone_plugin") != first
    assert sources_hash("no_such_plugin_anywhere") == ""
