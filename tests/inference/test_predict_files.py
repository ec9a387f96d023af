"""`mdf predict` on images: what the files hold is what the model says, and no file is lost or left half."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import in_room
from PIL import Image
from torch import Tensor, nn
from trained_run import runs, trained  # noqa: F401

import mdf
from mdf import api
from mdf.core.errors import MdfError
from mdf.engine import layout
from mdf.inference.frames import predict_in_worker
from mdf.inference.request import PredictionRequest
from mdf.inference.session import Session

SIZE = (40, 56)


def photo(path: Path, seed: int, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(in_room(seed, size)).save(path)
    return path


@pytest.fixture
def bg(tmp_path: Path) -> Path:
    return photo(tmp_path / "bg.png", 0)


def test_files_hold_what_the_model_says(tmp_path: Path, bg: Path, trained: Path) -> None:  # noqa: F811
    frames, out = [photo(tmp_path / "a.png", 1), photo(tmp_path / "b.png", 2)], tmp_path / "out"
    found = api.predict_files(trained, frames, out, background=bg, overlay=True, device="cpu")
    kinds = ["a-mask.png", "a-depth.png", "a-overlay.png", "a.json"]
    assert [Path(path).name for path in found.files] == [*kinds, *(name.replace("a", "b", 1) for name in kinds)]
    assert sorted(path.name for path in out.iterdir()) == sorted(Path(path).name for path in found.files)
    model = mdf.load(trained, device="cpu")
    for frame in frames:
        said = model.predict(bg, frame)
        about = json.loads((out / f"{frame.stem}.json").read_text())
        assert about["source"] == str(frame)
        for task in ("mask", "depth"):
            with Image.open(out / about["files"][task]) as image:
                levels = np.array(image)
                assert json.loads(image.text["mdf"]) == about["values"][task]
            value = about["values"][task]
            back = value["offset"] + levels * value["scale"]
            np.testing.assert_allclose(back, said.values[task], atol=value["scale"])
        with Image.open(out / about["files"]["overlay"]) as image:
            background = np.array(image)[~said.foreground]
        with Image.open(frame) as image:
            assert np.array_equal(background, np.array(image)[~said.foreground])  # only the foreground is tinted


def test_frames_of_one_name_keep_apart(tmp_path: Path, bg: Path, trained: Path) -> None:  # noqa: F811
    frames = [photo(tmp_path / folder / "x.png", i) for i, folder in enumerate(["left", "right"])]
    api.predict_files(trained, frames, tmp_path / "out", background=bg)
    sources = {name: json.loads((tmp_path / "out" / name).read_text())["source"] for name in ("x.json", "x_2.json")}
    assert sources == {"x.json": str(frames[0]), "x_2.json": str(frames[1])}


def test_nothing_is_replaced_unasked(tmp_path: Path, bg: Path, trained: Path) -> None:  # noqa: F811
    frame, out = photo(tmp_path / "a.png", 1), tmp_path / "out"
    out.mkdir()
    (out / "a-depth.png").write_text("mine")
    with pytest.raises(MdfError, match=r"a-depth\.png is there already") as error:
        api.predict_files(trained, frame, out, background=bg)
    assert "--overwrite" in error.value.hint
    assert [path.name for path in out.iterdir()] == ["a-depth.png"]
    assert (out / "a-depth.png").read_text() == "mine"
    api.predict_files(trained, frame, out, background=bg, overwrite=True)
    with Image.open(out / "a-depth.png") as image:
        assert image.size == SIZE[::-1]


def test_a_frame_that_does_not_fit_is_told_before_the_first_is_predicted(
    tmp_path: Path,
    bg: Path,
    trained: Path,  # noqa: F811
) -> None:
    frames, out = [photo(tmp_path / "a.png", 1), photo(tmp_path / "small.png", 2, (8, 9))], tmp_path / "out"
    with pytest.raises(MdfError, match=r"small\.png is 9×8 pixels, its background .*bg\.png 56×40"):
        api.predict_files(trained, frames, out, background=bg)
    with pytest.raises(MdfError, match=r"gone\.png is missing"):
        api.predict_files(trained, [frames[0], tmp_path / "gone.png"], out, background=bg)
    assert not out.exists()


def test_a_photo_may_lie_on_its_side(tmp_path: Path, bg: Path, trained: Path) -> None:  # noqa: F811
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(photo(tmp_path / "a.png", 1)) as upright:
        upright.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    api.predict_files(trained, [tmp_path / "a.png", tmp_path / "turned.png"], tmp_path / "out", background=bg)
    with Image.open(tmp_path / "out/a-depth.png") as one, Image.open(tmp_path / "out/turned-depth.png") as other:
        assert np.array_equal(one, other)


def test_frames_before_a_damaged_one_are_kept_whole(tmp_path: Path, bg: Path, trained: Path) -> None:  # noqa: F811
    frames, out = [photo(tmp_path / "a.png", 1), photo(tmp_path / "cut.png", 2)], tmp_path / "out"
    frames[1].write_bytes(frames[1].read_bytes()[:-2000])
    with pytest.raises(MdfError, match=r"cut\.png cannot be read as an image"):
        api.predict_files(trained, frames, out, background=bg)
    assert sorted(path.name for path in out.iterdir()) == ["a-depth.png", "a-mask.png", "a.json"]


def test_a_refusal_leaves_no_folder(tmp_path: Path, bg: Path, runs: Path) -> None:  # noqa: F811
    for run, frame in [("nothing", photo(tmp_path / "a.png", 1)), ("latest", tmp_path / "gone.png")]:
        with pytest.raises(MdfError):
            api.predict_files(run, frame, tmp_path / "out", background=bg, runs=runs)
        assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(tmp_path: Path, bg: Path, runs: Path) -> None:  # noqa: F811
    with pytest.raises(MdfError, match="cannot write to") as error:
        api.predict_files("latest", photo(tmp_path / "a.png", 1), bg, background=bg, runs=runs)
    assert "--out" in error.value.hint


@pytest.mark.parametrize(("overlay", "expected"), [(False, 2), (True, 3)])
def test_the_empty_scene_is_predicted_on_for_overlays_alone(
    tmp_path: Path,
    bg: Path,
    trained: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    overlay: bool,
    expected: int,
) -> None:
    runs_of_network = []
    values = Session.values

    def counted(session: Session, frames: Tensor) -> dict[str, Tensor]:
        runs_of_network.append(len(frames))
        return values(session, frames)

    monkeypatch.setattr(Session, "values", counted)
    frames = (photo(tmp_path / "a.png", 1), photo(tmp_path / "b.png", 2))
    request = PredictionRequest(trained, frames, str(bg), tmp_path / "out", overlay=overlay, device="cpu")
    threads = torch.get_num_threads()
    predict_in_worker(lambda _: None, request, tmp_path)
    torch.set_num_threads(threads)
    assert sum(runs_of_network) == expected


def test_the_network_goes_to_its_device_once_and_never_back(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    moves = []
    place = layout.place
    monkeypatch.setattr(layout, "place", lambda model, runtime: moves.append("placed") or place(model, runtime))
    monkeypatch.setattr(nn.Module, "cpu", lambda module: moves.append("to the CPU") or module)
    mdf.load(trained, device="cpu")
    assert moves == ["placed"]
