"""`mdf predict` as it is typed: files on stdout, progress on stderr, and Ctrl-C that leaves nothing half."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from image_files import in_room
from PIL import Image
from trained_run import runs, trained  # noqa: F401

ROOT = Path(__file__).parents[2]
MDF = [sys.executable, "-m", "mdf"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def mdf(*args: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [*MDF, *map(str, args)]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300)


def photo(path: Path, seed: int) -> Path:
    Image.fromarray(in_room(seed, (40, 56))).save(path)
    return path


def test_images(tmp_path: Path, runs: Path) -> None:  # noqa: F811
    for i, name in enumerate(["bg.jpg", "one.jpg", "two.jpg"]):
        photo(tmp_path / name, i)
    args = ["predict", "latest", "--runs", runs, "--background", "bg.jpg", "one.jpg", "two.jpg", "--out", "results"]
    done = mdf(*args, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = done.stdout.split()
    assert written == [
        f"results/{name}{end}" for name in ("one", "two") for end in ("-mask.png", "-depth.png", ".json")
    ]
    assert all((tmp_path / path).is_file() for path in written)
    assert "2 frames in" in done.stderr
    assert "frames/s" in done.stderr
    again = mdf(*args, cwd=tmp_path)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    replaced = mdf(*args, "--overwrite", "--json", cwd=tmp_path)
    assert json.loads(replaced.stdout)["frames"] == 2


def test_mistakes_are_told_without_torch(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise AssertionError('torch is imported')")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").touch()
    for words, code, told in [
        (["run", "a.jpg"], 2, "--background empty.jpg"),
        (["run"], 2, "Missing argument"),
        (["nobody", "a.jpg", "--background", "b.jpg"], 1, "no run `nobody`"),
    ]:
        done = mdf("predict", *words, cwd=tmp_path)
        assert done.returncode == code
        assert told in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for one process on Windows")
def test_ctrl_c_leaves_whole_files_alone(tmp_path: Path, trained: Path) -> None:  # noqa: F811
    for i in range(400):
        photo(tmp_path / f"{i}.png", i)
    frames = [f"{i}.png" for i in range(400)]
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*MDF, "predict", str(trained), "--background", "0.png", *frames, "--out", "out", "--overlay"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    limit = time.monotonic() + 200
    while not (out / "2-mask.png").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in told
    left = list(out.iterdir())
    assert 0 < len(left) < 4 * 400
    for path in left:
        assert not path.name.startswith(".")
        if path.suffix == ".png":
            with Image.open(path) as image:
                image.load()
        else:
            json.loads(path.read_text())
