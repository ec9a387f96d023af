"""Checkpoints on disk: whole, of this training, undamaged, or left aside with a line in the log."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from mdf.core.errors import MdfError
from mdf.engine.training.checkpoint import Checkpoint
from mdf.runs.checkpoint import CheckpointFile

SOLE = Checkpoint(
    {
        "model.weight": torch.randn(3, 4, 2, 2).to(memory_format=torch.channels_last),
        "optimiser.0.step": torch.tensor(7.0),
        "random.cpu": torch.get_rng_state(),
        "balance.count": torch.tensor(3),
    },
    {"step": 7, "seconds": 0.1 + 0.2, "history": [{"scores": {"depth/rmse": float("nan"), "mask/iou": 1 / 3}}]},
)


class Log(list[str]):
    """Lines that were logged."""


def kept(path: Path, key: str = "a1", log: Log | None = None) -> CheckpointFile:
    return CheckpointFile(path, key, (log if log is not None else Log()).append)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trial" / "checkpoint.safetensors"


def test_it_comes_back_as_it_was(path: Path) -> None:
    file = kept(path)
    assert file.load() is None
    file.save(SOLE)
    again = kept(path).load()
    assert again is not None
    assert again.tensors.keys() == SOLE.tensors.keys()
    for key, value in SOLE.tensors.items():
        assert torch.equal(again.tensors[key], value)
        assert again.tensors[key].dtype == value.dtype
    assert repr(again.facts) == repr(SOLE.facts)  # every digit, and NaN
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_tensors_of_one_memory_and_views_are_kept_as_they_look(path: Path) -> None:
    base = torch.arange(12.0).view(3, 4)
    kept(path).save(Checkpoint({"a.x": base, "a.y": base, "b.t": base.t()}, {}))
    again = kept(path).load()
    assert again is not None
    assert torch.equal(again.group("a")["y"], base)
    assert torch.equal(again.group("b")["t"], base.t())


def test_one_of_another_training_is_left_aside(path: Path) -> None:
    kept(path, "a1").save(SOLE)
    log = Log()
    assert kept(path, "b2", log).load() is None
    assert "of another training, a1" in log[0]


def flipped(path: Path) -> None:
    """One bit of the values, which the format itself has no check for."""
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def swapped(path: Path) -> None:
    """A file of weights that mdf did not write."""
    save_file({"model.weight": torch.zeros(2)}, path)


def retold(path: Path) -> None:
    """Its own tensors, and facts that are no table."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        told = json.loads(file.metadata()["mdf"])
    save_file(tensors, path, {"mdf": json.dumps({**told, "facts": 3})})


@pytest.mark.parametrize("damage", [flipped, halved, swapped, retold], ids=lambda damage: damage.__name__)
def test_a_damaged_one_is_left_aside(path: Path, damage) -> None:
    kept(path).save(SOLE)
    damage(path)
    log = Log()
    assert kept(path, log=log).load() is None
    assert len(log) == 1
    assert "is damaged" in log[0]
    assert "starts from the beginning" in log[0]


class Trap:
    """Would run when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


def test_nothing_is_unpickled(path: Path) -> None:
    path.parent.mkdir()
    log = Log()
    for content in (pickle.dumps(Trap()), b""):
        path.write_bytes(content)
        assert kept(path, log=log).load() is None
    torch.save({"model": torch.zeros(2)}, path)
    assert kept(path, log=log).load() is None
    assert len(log) == 3


def test_where_it_cannot_be_written_it_is_told_and_the_one_before_stays(path: Path) -> None:
    file = kept(path)
    file.save(SOLE)
    before = path.read_bytes()
    (path.parent / f".{path.name}.part").mkdir()
    path.parent.chmod(0o500)
    try:
        if _writable(path.parent):
            pytest.skip("this user may write everywhere")
        with pytest.raises(MdfError, match="cannot write"):
            file.save(Checkpoint(SOLE.tensors, {"step": 9}))
    finally:
        path.parent.chmod(0o700)
    assert path.read_bytes() == before


def _writable(folder: Path) -> bool:
    try:
        (folder / "probe").touch()
    except OSError:
        return False
    (folder / "probe").unlink()
    return True
