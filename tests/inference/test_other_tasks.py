"""A third party's task is written and drawn, and its recordings are played, as well as the built-in ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import in_room
from PIL import Image
from stereo_plugin import DisparityTask
from tiny_study import Diary

import mdf
from mdf import api
from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError, PluginError
from mdf.inference.drawing import Painter
from mdf.inference.request import PredictionRequest
from mdf.inference.video import open_recording, player_of
from mdf.registry import Catalog

PLUGINS = [str(Path(__file__).with_name("stereo_plugin.py"))]
SIZE = (40, 56)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network for the mask and the disparity, of two steps; its numbers mean nothing."""
    report = api.train(
        settings=["encoder.width=4", "encoder.depth=2", "threads=1", "train.validations=1", 'device="cpu"'],
        plugins=PLUGINS,
        data="stereo",
        heads="mask,disparity",
        steps=2,
        force=True,
        runs=tmp_path_factory.mktemp("runs"),
        observer=Diary(),
    )
    return Path(report.results[0].folder)


def images(count: int) -> np.ndarray:
    return np.stack([in_room(number, SIZE) for number in range(count)])


def test_its_values_are_stored_and_tint_the_overlay(run: Path, tmp_path: Path) -> None:
    bg, frame = images(2)
    for name, image in (("bg", bg), ("a", frame)):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    written = api.predict_files(
        run, tmp_path / "a.png", tmp_path / "out", background=tmp_path / "bg.png", overlay=True, plugins=PLUGINS
    )
    names = ["a-mask.png", "a-disparity.png", "a-overlay.png", "a.json"]
    assert [Path(path).name for path in written.files] == names
    model = mdf.load(run, plugins=PLUGINS)
    prediction = model.predict(bg, frame)
    record = json.loads((tmp_path / "out" / "a.json").read_text())
    stored = record["values"]["disparity"]
    assert (stored["unit"], stored["bits"], stored["meaning"]) == ("px", 16, "disparity")
    with Image.open(tmp_path / "out" / record["files"]["disparity"]) as image:
        assert json.loads(image.text["mdf"]) == stored
        values = stored["offset"] + np.array(image) * stored["scale"]
    np.testing.assert_allclose(values, prediction.values["disparity"], atol=stored["scale"])
    with Image.open(tmp_path / "out" / "a-overlay.png") as image:
        overlay = np.array(image)
    session = model.open(bg)
    painter = Painter(model.tasks, session.values(torch.from_numpy(bg).permute(2, 0, 1)[None]))
    disparity = torch.from_numpy(prediction.values["disparity"])[None]
    drawn = painter.picture("disparity", disparity).permute(1, 2, 0).numpy()
    expected = np.where(prediction.foreground[..., None], frame * 0.35 + drawn * 0.65, frame)
    assert np.abs(overlay - expected).max() <= 0.51


def test_its_recordings_are_played(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="videos need the extra `video`")
    np.save(tmp_path / "street.npy", images(3))
    diary = Diary()
    written = api.predict_files(
        run, tmp_path / "street.npy", tmp_path / "out", each_frame=True, plugins=PLUGINS, observer=diary
    )
    assert written.frames == 3
    assert diary.warnings == ["nobody has looked whether the first frame is empty"]
    assert {path.name for path in (tmp_path / "out").glob("*.mp4")} == {"street-mask.mp4", "street-disparity.mp4"}
    assert len(list((tmp_path / "out" / "street-frames").glob("*-disparity.png"))) == 3
    record = json.loads((tmp_path / "out" / "street.json").read_text())
    assert record["frames_per_second"] == 10
    assert record["values"]["disparity"]["unit"] == "px"
    low, high = record["drawn_from_to"]["disparity"]
    assert 0 <= low <= high <= 64


def test_who_plays_a_file_is_decided_by_its_ending() -> None:
    catalog = Catalog.discover(PLUGINS)
    players = {name: player_of(Path(name), catalog).full_name for name in ("a.npy", "a.mp4", "a", "a.NPY")}
    assert players["a.npy"] == players["a.NPY"] == "stereo_plugin/stack"
    assert players["a.mp4"] == players["a"] == "mask-depth-framework/video"


def test_two_players_of_one_ending_are_an_error_that_names_both(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(
        "from mdf.core.hooks import hookimpl\nfrom mdf.core.spec import Spec\n@hookimpl\ndef mdf_datasets():\n"
        "    return [Spec('pile', 'stereo_plugin:Stereo', 'No recording.', variant='P', recordings=('.npy', '.x'))]\n"
    )
    both = Catalog.discover([*PLUGINS, str(other)])
    with pytest.raises(PluginError, match="`other/pile` and `stereo_plugin/stack`") as error:
        player_of(Path("a.npy"), both)
    assert "MDF_DISABLE_PLUGINS" in error.value.hint
    request = PredictionRequest(tmp_path, (tmp_path / "a.x",), "0", tmp_path, plugins=(str(other),))
    with pytest.raises(PluginError, match=r"`other/pile` offers to play a\.x, and is not a"):
        open_recording(request)


def test_without_a_player_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog.discover()
    monkeypatch.setattr(catalog, "offers", lambda kind: [])  # noqa: ARG005
    with pytest.raises(ConfigError, match=r"no data set plays a\.mp4"):
        player_of(Path("a.mp4"), catalog)


def test_without_colours_the_foreground_has_one_and_without_a_foreground_all_is_tinted() -> None:
    frame = torch.full((3, 4, 4), 100, dtype=torch.uint8)
    disparity = DisparityTask(ComponentConfig())
    values = {"disparity": torch.linspace(0, 64, 16).view(1, 4, 4)}
    painter = Painter({"disparity": disparity}, {"disparity": values["disparity"][None]})
    assert painter.limits == {"disparity": (0.0, 64.0)}
    assert (painter.overlay(frame, values, {}) != frame).any(0).all()
    mask = Catalog.discover().load("head", "mask").Task(ComponentConfig())
    probability = (torch.arange(16).view(1, 4, 4) >= 8).float()
    alone = Painter({"mask": mask}, {"mask": probability[None]}).overlay(frame, {"mask": probability}, {})
    assert torch.equal((alone != frame).any(0), probability[0] >= 0.5)
