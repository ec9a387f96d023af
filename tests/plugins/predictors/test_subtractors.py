"""OpenCV's background subtractors, which see the background first."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mdf.core.errors import PluginError
from mdf.core.sample import Batch
from mdf.plugins.predictors.knn import Knn
from mdf.plugins.predictors.mog2 import Mog2
from mdf.plugins.predictors.subtractor import Subtractor
from mdf.registry import Catalog

REAL = Path(os.environ.get("MDF_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")) / "cdnet2014"
KINDS = [Mog2, Knn]


def batch_of(count: int = 3, change: int = 90, noise: int = 3) -> Batch:
    """A noisy scene with a rectangle that is `change` levels brighter; `mask` says where."""
    random = torch.Generator().manual_seed(count)
    bg = torch.randint(60, 90, (count, 3, 24, 32), generator=random)
    fg_bg = bg + torch.randint(-noise, noise + 1, bg.shape, generator=random)
    mask = torch.zeros(count, 1, 24, 32, dtype=torch.uint8)
    mask[..., 6:14, 8:20] = 1
    fg_bg = fg_bg + change * mask
    names = tuple(str(i) for i in range(count))
    valid = {"mask": torch.ones_like(mask, dtype=torch.bool)}
    return Batch(names, names, bg.to(torch.uint8), fg_bg.to(torch.uint8), {"mask": mask}, valid)


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_is_found_and_a_frame_like_its_background_is_empty(kind: type[Subtractor]) -> None:
    batch = batch_of()
    found = kind(kind.Config()).predict(batch)["mask"]
    assert found.shape == (3, 1, 24, 32)
    assert found.dtype == torch.float32
    assert torch.equal(found, batch.targets["mask"].float())
    same = Batch(batch.ids, batch.scenes, batch.bg, batch.bg)
    assert not kind(kind.Config()).predict(same)["mask"].any()


@pytest.mark.parametrize("kind", KINDS)
def test_detected_shadows_are_background(kind: type[Subtractor]) -> None:
    bg = torch.full((1, 3, 16, 16), 200, dtype=torch.uint8)
    darker = bg.clone()
    darker[..., :8, :] = 140
    batch = Batch(("a",), ("a",), bg, darker)
    shadows, none = (kind(kind.Config(threshold=100, detect_shadows=on)).predict(batch)["mask"] for on in (True, False))
    assert not shadows.any()
    assert none[..., :8, :].all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_frame_learns_from_another(kind: type[Subtractor]) -> None:
    batch = batch_of(4, change=12, noise=8)
    predictor = kind(kind.Config(threshold=100))
    together = predictor.predict(batch)["mask"]
    alone = [predictor.predict(Batch.stack([sample]))["mask"] for sample in reversed(batch.split())]
    assert torch.equal(torch.cat(alone[::-1]), together)
    floats = Batch(batch.ids, batch.scenes, batch.bg / 255, batch.fg_bg / 255)
    assert torch.equal(predictor.predict(floats)["mask"], together)


@pytest.mark.parametrize("kind", KINDS)
def test_the_threshold_is_fitted_to_the_noise_unless_it_is_set(kind: type[Subtractor]) -> None:
    batch = batch_of(4, change=100, noise=25)
    batch.valid["mask"][:, :, 20:] = False
    batch.targets["mask"][:, :, 20:] = 1  # a wrong truth where it does not count

    def train() -> Iterator[Batch]:
        yield batch
        yield batch

    fitted, given = kind(kind.Config()), kind(kind.Config(threshold=kind.CANDIDATES[0]))
    for predictor in (fitted, given):
        predictor.fit(train)
    assert given.threshold == kind.CANDIDATES[0]
    assert fitted.threshold > kind.CANDIDATES[0]
    valid = batch.valid["mask"]
    wrong = [(p.predict(batch)["mask"][valid] != batch.targets["mask"][valid]).sum().item() for p in (fitted, given)]
    assert wrong[0] < wrong[1] / 4


def test_the_error_for_a_missing_opencv_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [m for m in sys.modules if re.match(r"mdf\.plugins\.predictors\.(mog2|knn|subtractor)$", m)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PluginError) as error:
        Catalog.discover().create("predictor", "mog2", {})
    assert "mask-depth-framework[opencv]" in error.value.hint


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real frames: {REAL} is absent (MDF_TEST_DATA)")
@pytest.mark.parametrize("kind", KINDS)
def test_real_cars_are_found(kind: type[Subtractor]) -> None:
    data = Catalog.discover().create("dataset", f"cdnet:{REAL}", {})
    train, test = (data.read(part) for part in (data.splits().train[::6], data.splits().test[::5]))
    predictor = kind(kind.Config())
    predictor.fit(lambda: iter([train]))
    found, truth, valid = predictor.predict(test)["mask"] > 0, test.targets["mask"] == 1, test.valid["mask"]
    both = (found & truth & valid).sum()
    assert 2 * both / ((found & valid).sum() + (truth & valid).sum()) > 0.6
