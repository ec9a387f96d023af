"""`mdf adapt` as it is typed: a run that every command takes, plain errors, and Ctrl-C that leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

from mdf.cli import main
from mdf.models.locate import shipped_models
from mdf.plugins.datasets.scenes.sequences import RenderedSequence, render_sequence

ROOT = Path(__file__).parents[2]
MDF = [sys.executable, "-m", "mdf"]
SIZE = (64, 96)


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Told]


@pytest.fixture
def mdf(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command line in the camera's folder."""
    monkeypatch.chdir(place)

    def run(*words: object) -> Told:
        code = main([str(word) for word in words])
        return Told(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def story() -> RenderedSequence:
    """Somebody walks through a room; before and after, nobody is there."""
    return render_sequence("walk", 3, SIZE, fps=3)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, story: RenderedSequence) -> Path:
    """A folder with a clip of the story, some empty frames, and a shipped network that works at a small size."""
    av = pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("camera")
    frames = [np.ascontiguousarray(frame) for frame in story.frames.permute(0, 2, 3, 1).numpy()]
    with av.open(str(folder / "walk.mp4"), "w") as file:
        stream = file.add_stream("libx264", rate=3)
        stream.height, stream.width, stream.pix_fmt, stream.options = *SIZE, "yuv420p", {"crf": "10"}
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        file.mux(stream.encode())
    empty = [number for number, ids in enumerate(story.ids) if not ids.any()]
    for number in empty[:3]:
        Image.fromarray(frames[number]).save(folder / f"empty{number}.png")
    with safe_open(shipped_models()["mdf-small"], "numpy") as packed:
        weights, header = {key: packed.get_tensor(key) for key in packed.keys()}, packed.metadata()  # noqa: SIM118
    config = {**tomllib.loads(header["config"]), "size": list(SIZE), "precision": "fp32"}
    save_file(weights, folder / "small.safetensors", {**header, "config": tomli_w.dumps(config)})
    return folder


def test_a_clip_becomes_a_run_that_every_command_takes(place: Path, story: RenderedSequence, mdf: Command) -> None:
    done = mdf("adapt", "small.safetensors", "--video", "walk.mp4", "--steps", 1, "--threads", 1)
    assert done.code == 0, done.err
    verdict, *files = done.out.splitlines()
    run, background = (Path(line.partition(": ")[2]) for line in files)
    assert "1 step in" in done.err
    shown, truth = np.asarray(Image.open(background)).astype(int), story.bg.permute(1, 2, 0).numpy()
    assert np.abs(shown - truth).mean() < 3  # nobody is in it
    assert len(list(background.parent.glob("empty-*.png"))) >= 3
    # one step at a small rate changes next to nothing: it does no harm, so it is kept
    assert verdict.startswith("kept: ")
    with (
        safe_open(run / "weights.safetensors", "numpy") as written,
        safe_open(place / "small.safetensors", "numpy") as given,
    ):
        changes = [np.abs(written.get_tensor(k) - given.get_tensor(k).astype(np.float32)).max() for k in given.keys()]  # noqa: SIM118
    assert 0 < np.median(changes) < 0.01
    predicted = mdf("predict", run, "empty0.png", "--background", background, "--out", "out")
    assert predicted.code == 0, predicted.err
    assert np.asarray(Image.open(place / "out" / "empty0-mask.png")).mean() < 5
    assert run.name in mdf("runs", "list").out


def test_a_known_depth_is_composed_into_and_learned(place: Path, mdf: Command) -> None:
    """It lies beside the image of the empty scene, at the network's size, and the output says what was learned."""
    row = np.linspace(9, 2, 2 * SIZE[0], dtype=np.float32)[:, None]
    depth = np.repeat(row, 2 * SIZE[1], 1)
    depth[:20] = 0
    np.save(place / "empty-depth.npy", depth)
    Image.open(place / "empty0.png").resize((2 * SIZE[1], 2 * SIZE[0])).save(place / "large.png")
    words = ["--background", "large.png", "--background-depth", "empty-depth.npy", "--fov", 60]
    done = mdf("adapt", "small.safetensors", *words, "--steps", 1, "--threads", 1, "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)
    kept = np.load(Path(result["folder"]) / "empty" / "background_depth.npy")
    assert np.isnan(kept[:10]).all()
    assert np.array_equal(kept[10:], depth[21::2, 1::2])
    assert 0 < result["before"]["depth"] < 9
    assert result["after"]["depth"] == pytest.approx(result["before"]["depth"], abs=0.1)
    config = tomllib.loads((Path(result["folder"]) / "config.toml").read_text())
    assert config["data"]["intrinsics"] == pytest.approx([0.866, 0.866 * SIZE[1] / SIZE[0], 0.5, 0.5], abs=1e-3)


def test_mistakes_are_told(place: Path, mdf: Command) -> None:
    Image.new("RGB", (50, 40)).save(place / "other.png")
    (place / "broken.jpg").write_bytes(b"no image")
    for words, code, told in [
        ([], 2, "neither empty frames nor a clip"),
        (["--background", "nothing.png"], 1, "nothing.png"),
        (["--background", "broken.jpg"], 1, "broken.jpg"),
        (["--background", "empty0.png", "other.png"], 1, "other.png"),
        (["--background", "other.png", "--video", "walk.mp4"], 1, "walk.mp4"),
        (["--background", "empty0.png", "--time-limit", "soon"], 2, "not a time limit"),
        (["--background", "empty0.png", "--fov", "300"], 2, "no field of view"),
        (["--background", "empty0.png", "--fov", "60", "--intrinsics", "camera.yaml"], 2, "twice"),
        (["--background", "empty0.png", "--intrinsics", "camera.yaml"], 1, "camera.yaml"),
        (["--background", "empty0.png", "--background-depth", "broken.jpg"], 1, "broken.jpg"),
    ]:
        done = mdf("adapt", "small.safetensors", *words, "--name", "none")
        assert (done.code, done.out) == (code, "")
        assert told in done.err
    assert not list((place / "runs" / "none").glob("*"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for one process on Windows")
def test_ctrl_c_leaves_nothing(place: Path) -> None:
    words = ["adapt", "small.safetensors", "--background", "empty0.png", "--steps", "10000", "--threads", "1"]
    words += ["--name", "long"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*MDF, *words], cwd=place, env=environment, stderr=subprocess.PIPE, text=True)
    study = place / "runs" / "long"
    until = time.monotonic() + 200
    while not list(study.glob(".adapt-*/empty/background.png")) and time.monotonic() < until:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=200)
    assert process.returncode == 130
    assert "nothing was written" in told
    assert "Traceback" not in told
    assert not list(study.glob("*")) + list(study.glob(".adapt-*"))
