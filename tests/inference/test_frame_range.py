"""Frames of 16 bits are read in use as they were in training: the run stores the range."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from faulty_set import make_folder

from mdf.core.config import ExperimentConfig
from mdf.core.sixteen_bit import limits_of
from mdf.inference.inputs import to_tensor
from mdf.plugins.datasets.folder.dataset import Folder
from mdf.registry import Catalog
from mdf.study.cell import SurveyRequest
from mdf.study.request.resolve import resolve
from mdf.study.survey import survey


def thermal(root: Path) -> Path:
    make_folder(root)
    for path in (*(root / "bg").iterdir(), *(root / "fg_bg").iterdir()):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        path.unlink()
        levels = 3000 + np.minimum(grey // 5, 47).astype(np.uint16)
        levels[0, :8], levels[1, :8] = 3000, 3047
        assert cv2.imwrite(str(path.with_suffix(".png")), levels)
    return root


def asked(data: object) -> ExperimentConfig:
    return resolve({"data": data, "size": 32}, [], Catalog.discover([]))


def test_a_run_stores_the_range_and_uses_it(tmp_path: Path) -> None:
    root = thermal(tmp_path)
    config = asked({"name": f"folder:{root}", "frame_range": "percentile"})
    (cell,) = survey(lambda _: None, SurveyRequest([config], [], fill_cache=False, allow_leaks=True))
    stored = cell.config.data.options
    assert stored["frame_range"] == [3000, 3047]
    data = Folder(Folder.Config(**stored), str(root))
    path = root / "fg_bg" / "room0_000.png"
    frame = data.sample(0).fg_bg
    assert data.fingerprint() == cell.fingerprint, "a trial opens what the survey saw"
    assert np.array_equal(to_tensor(path, "it", limits_of(stored)), frame)
    assert len(frame.unique()) > 10
    assert len(to_tensor(path, "it").unique()) <= 2


def test_without_a_range_all_16_bits_are_used(tmp_path: Path) -> None:
    config = asked(f"folder:{thermal(tmp_path)}")
    (cell,) = survey(lambda _: None, SurveyRequest([config], [], fill_cache=False, allow_leaks=True))
    assert cell.config.data.options["frame_range"] == "full"
