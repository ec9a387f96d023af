"""A head that tells how unsure it is: what it tells is in Python, in files and in videos."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from image_files import in_room
from PIL import Image
from tiny_study import SMALL, Diary

import mdf
from mdf import api
from mdf.report.report import StudyReport

SIZE = (40, 56)
KINDS = ["mask", "depth", "depth-spread"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> StudyReport:
    """A run of two steps; its numbers mean nothing."""
    runs = tmp_path_factory.mktemp("runs")
    settings = [*SMALL, 'heads.depth="depth-laplace"', 'loss.depth="laplace-nll"']
    return api.train(settings=settings, size=32, steps=2, force=True, runs=runs, observer=Diary())


def photo(path: Path, seed: int) -> Path:
    Image.fromarray(in_room(seed, SIZE)).save(path)
    return path


def test_a_spread_is_predicted_and_scored(report: StudyReport, tmp_path: Path) -> None:
    assert {"depth/ause", "depth/coverage-gap-90"} <= {key.split(":")[0] for key in report.results[0].scores}
    model = mdf.load(report.results[0].folder, device="cpu")
    bg, frame = photo(tmp_path / "bg.png", 0), photo(tmp_path / "a.png", 1)
    found = model.predict(bg, frame)
    assert set(found.values) == {"mask", "depth"}
    assert set(found.spreads) == {"depth"}
    assert found.depth_spread is not None
    assert (found.depth_spread.shape, found.depth_spread.dtype) == (SIZE, np.float32)
    assert found.depth_spread.min() > 0
    written = api.predict_files(model.folder, frame, tmp_path / "out", background=bg, device="cpu")
    assert [Path(path).name for path in written.files] == [*(f"a-{kind}.png" for kind in KINDS), "a.json"]
    about = json.loads((tmp_path / "out" / "a.json").read_text())
    told = about["values"]["depth/spread"]
    assert (told["unit"], told["meaning"]) == ("m", "expected absolute error of depth")
    with Image.open(tmp_path / "out" / about["files"]["depth/spread"]) as image:
        back = told["offset"] + np.array(image) * told["scale"]
        assert json.loads(image.text["mdf"]) == told
    np.testing.assert_allclose(back, found.depth_spread, atol=told["scale"])


def test_a_video_has_a_video_of_its_spread(report: StudyReport, tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="videos need the extra `video`")
    with av.open(str(tmp_path / "street.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = SIZE[1], SIZE[0], "yuv420p"
        for i in range(3):
            image = in_room(i, SIZE)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    out = tmp_path / "out"
    folder = report.results[0].folder
    api.predict_files(folder, tmp_path / "street.mp4", out, background=0, stop=2, each_frame=True, device="cpu")
    assert {path.name for path in out.glob("*.mp4")} == {f"street-{kind}.mp4" for kind in KINDS}
    assert len(list((out / "street-frames").glob("*-depth-spread.png"))) == 2
