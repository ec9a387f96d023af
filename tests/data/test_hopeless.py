"""A benchmark stops before it trains where masks teach nothing, or where it is open what they mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from faulty_set import SIDE, make_folder
from PIL import Image

from mdf.core.config import Component, ExperimentConfig, validate
from mdf.core.errors import DataError
from mdf.core.progress import Progress, Warned
from mdf.data.inspect.check import check
from mdf.data.open import open_all
from mdf.registry import Catalog


def masks(root: Path, level: int) -> None:
    for path in (root / "mask").iterdir():
        Image.fromarray(np.full((SIDE, SIDE), level, np.uint8)).save(path)


def of(root: Path, **options: object) -> ExperimentConfig:
    return validate({"data": {"name": f"folder:{root}", **options}})


def opened(config: ExperimentConfig) -> list[str]:
    events: list[Progress] = []
    open_all(config, Catalog.discover([]), events.append)
    return [event.message for event in events if isinstance(event, Warned)]


@pytest.mark.parametrize("sizes", ["one size, through the cache", "two sizes, read directly"])
@pytest.mark.parametrize(("level", "what"), [(0, "empty"), (255, "set everywhere")])
def test_masks_that_all_say_the_same_stop_it(tmp_path: Path, level: int, what: str, sizes: str) -> None:
    root = make_folder(tmp_path)
    masks(root, level)
    if sizes.startswith("two"):
        for kind in ("bg", "fg_bg", "mask"):
            size = (SIDE, SIDE // 2) if kind == "mask" else (SIDE, SIDE // 2, 3)
            pixels = np.full(size, level if kind == "mask" else 90, np.uint8)
            Image.fromarray(pixels).save(root / kind / f"other{'' if kind == 'bg' else '_0'}.png")
    for _ in range(2):  # the second time it is remembered
        with pytest.raises(DataError, match=f"every mask is {what}") as error:
            opened(of(root))
    assert "mdf data info" in error.value.hint
    findings = check(lambda _: None, Component(name=f"folder:{root}"), []).findings
    assert any(f.level == "error" and f"every mask is {what}" in f.what for f in findings)


def test_what_files_leave_open_stops_it(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    for path in (root / "mask").iterdir():
        mask = np.asarray(Image.open(path))
        Image.fromarray(np.where(mask, 255, 128).astype(np.uint8)).save(path)
    with pytest.raises(DataError, match=r"holds the level 0; they hold 128, 255") as error:
        opened(of(root))
    assert "mask_foreground" in error.value.hint
    assert opened(of(root, mask_foreground=[255])) == []
    found = check(lambda _: None, Component(name=f"folder:{root}"), [])
    assert (found.errors, found.read) == (1, 0), "what all masks leave open is one finding"
    assert "do not say" in found.read_as["undecided"]


def test_what_is_strange_is_told_and_goes_on(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    for path in (root / "mask").iterdir():
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    assert any("foreground in" in message and "inverted" in message for message in opened(of(root)))


def test_masks_of_other_frames_are_noticed(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    assert check(lambda _: None, Component(name=f"folder:{root}"), []).findings == ()
    for path in (root / "mask").iterdir():
        mask = np.asarray(Image.open(path))
        Image.fromarray(np.ascontiguousarray(np.roll(mask[::-1, ::-1], 11, axis=1))).save(path)
    findings = check(lambda _: None, Component(name=f"folder:{root}"), []).findings
    assert [f.kind for f in findings] == ["mask beside change"]
    assert "they may not belong together" in findings[0].what
