"""The cache promises: the same samples, whole or not at all, filled once however many ask, errors that teach."""

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Batch, Sample
from mdf.data.cache import CachedDataset, cache_root, cached, groups, index, is_sound
from mdf.data.cache.column import Column


class Painted(SampleDataset):
    """Twenty tiny samples with a mask, a depth, and two targets of a third party's."""

    tasks = ("mask", "depth", "../flow", "label")
    units = {"depth": "m"}  # noqa: RUF012
    cached = True

    def __init__(self, count: int = 20, sizes: Sequence[int] = (5,), pause: float = 0.0) -> None:
        self.config = ComponentConfig()
        self.count, self.sizes, self.pause = count, sizes, pause
        self.reads = 0

    def __len__(self) -> int:
        return self.count

    def native_size(self, index: int) -> tuple[int, int]:
        return self.sizes[index % len(self.sizes)], 7

    def sample(self, index: int) -> Sample:
        self.reads += 1
        time.sleep(self.pause)
        size = self.native_size(index)
        generator = torch.Generator().manual_seed(index)

        def pixels(channels: int) -> torch.Tensor:
            return torch.randint(0, 256, (channels, *size), generator=generator, dtype=torch.uint8)

        depth = torch.rand(1, *size, generator=generator) * 20 + 0.5
        depth_valid = torch.rand(1, *size, generator=generator) < 0.8
        return Sample(
            id=f"painted-{index}",
            scene=f"wall-{index // 4}",
            bg=pixels(3),
            fg_bg=pixels(3),
            targets={
                "mask": pixels(1) % 2,
                "depth": depth.where(depth_valid, torch.nan),
                "../flow": torch.randn(2, *size, generator=generator),
                "label": torch.randint(-9, 9, (1, *size), generator=generator, dtype=torch.int16),
            },
            valid={
                "depth": depth_valid,
                **{task: torch.rand(1, *size, generator=generator) < 0.9 for task in ("mask", "../flow", "label")},
            },
            tags=frozenset({"shadow", "noise"} if index % 3 == 0 else set()),
        )

    def splits(self) -> Splits:
        return Splits(range(12), [12, 14, 13], range(15, self.count), by="time")

    def fingerprint(self) -> str:
        return sha256(repr((self.count, self.sizes)).encode()).hexdigest()[:12]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(groups, "WORTH", 0.0)  # other processes help, however quickly a sample is read
    monkeypatch.setattr(groups, "cores", lambda: 2)
    return tmp_path / "cache"


def test_it_gives_back_the_same_samples(root: Path) -> None:
    source = Painted()
    stored = cached(source, "painted:some/where")
    assert isinstance(stored, CachedDataset)
    assert stored.folder == root / f"painted-some-where-{source.fingerprint()}"
    indices = [19, 0, 7, 7]
    expected, batch = source.read(indices), stored.read(indices)
    assert (batch.ids, batch.scenes, batch.tags) == (expected.ids, expected.scenes, expected.tags)
    assert torch.equal(batch.bg, expected.bg)
    assert torch.equal(batch.fg_bg, expected.fg_bg)
    for task in source.tasks:
        assert torch.equal(batch.valid[task], expected.valid[task])
        assert batch.targets[task].dtype == expected.targets[task].dtype
        torch.testing.assert_close(batch.targets[task], expected.targets[task], rtol=0, atol=0, equal_nan=True)
    assert (len(stored), stored.tasks, stored.units) == (20, source.tasks, source.units)
    assert stored.native_size(3) == (5, 7)
    assert stored.fingerprint() == source.fingerprint()
    splits = stored.splits()
    assert (list(splits.train), list(splits.val), splits.by) == (list(range(12)), [12, 14, 13], "time")
    assert isinstance(splits.train, range)


def test_filling_happens_once_and_tells_its_progress() -> None:
    told: list[tuple[int, int]] = []
    source = Painted(count=300)
    cached(source, "painted", lambda done, total: told.append((done, total)))
    assert told == [(128, 300), (256, 300), (300, 300)]
    reads = source.reads
    cached(source, "painted", lambda done, total: told.append((done, total)))
    assert (source.reads, len(told)) == (reads, 3)


class Killed(Painted):
    """A process that reads it elsewhere is killed in the middle, as the system does where memory runs out."""

    def __init__(self, count: int = 20) -> None:
        super().__init__(count)
        self.home = os.getpid()

    def sample(self, index: int) -> Sample:
        if index == 150 and os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().sample(index)


def test_processes_that_are_killed_cost_no_sample() -> None:
    told: list[int] = []
    source = Killed(count=300)
    stored = cached(source, "killed", lambda done, _: told.append(done))
    assert told == [128, 256, 300]
    assert torch.equal(stored.read([3, 150, 299]).fg_bg, source.read([3, 150, 299]).fg_bg)


@pytest.mark.parametrize("change", [lambda depth: depth.double(), lambda depth: depth.expand(2, -1, -1)])
def test_a_target_that_changes_its_form_within_the_set_is_one_clear_error(
    root: Path, change: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    class Late(Painted):
        def sample(self, index: int) -> Sample:
            sample = super().sample(index)
            return replace(sample, targets={**sample.targets, "depth": change(sample.targets["depth"])})

    class Changing(Painted):
        def read(self, indices: Sequence[int]) -> Batch:
            return (Late if indices[0] >= 128 else Painted)(300).read(indices)

    with pytest.raises(DataError, match=r"the target of `depth` is float(32|64) with [12] channel"):
        cached(Changing(count=300), "late")
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_sets_of_several_sizes_are_read_directly(root: Path) -> None:
    source = Painted(sizes=(5, 6))
    assert cached(source, "painted") is source
    assert not root.exists()


def test_workers_get_the_folder_not_the_pixels() -> None:
    stored = cached(Painted(), "painted")
    before = stored.read([3])
    carried = pickle.dumps(stored)
    assert len(carried) < 1000
    after = pickle.loads(carried).read([3])
    assert torch.equal(after.fg_bg, before.fg_bg)


def test_reading_copies_out_of_the_map() -> None:
    stored = cached(Painted(), "painted")
    stored.read([3]).bg.zero_()
    assert int(stored.read([3]).bg.sum()) > 0
    assert stored.read([]).bg.shape == (0, 3, 5, 7)


@pytest.mark.parametrize("file", ["bg.npy", "target-1.npy", "index.json"])
@pytest.mark.parametrize("damage", ["truncate", "remove", "garble"])
def test_a_damaged_folder_is_rebuilt(file: str, damage: str) -> None:
    source = Painted()
    path = cached(source, "painted").folder / file  # type: ignore[attr-defined]
    if damage == "remove":
        path.unlink()
    elif damage == "truncate":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.write_bytes(b"\0")
    assert not is_sound(path.parent)
    assert torch.equal(cached(source, "painted").read([9]).bg, source.read([9]).bg)
    assert is_sound(path.parent)


def test_a_folder_of_another_format_is_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Painted()
    cached(source, "painted")
    reads = source.reads
    monkeypatch.setattr(index, "FORMAT", index.FORMAT + 1)
    cached(source, "painted")
    assert source.reads > reads


FILL = """
import os, sys
sys.path.insert(0, sys.argv[1])
from test_cache import Painted
from mdf.data.cache import cached, groups
groups.WORTH = 0.0
source = Painted(count=300, pause=float(sys.argv[2]))
def tell(done, total):
    print(done, flush=True)
cached(source, "painted", tell)
print("whole", flush=True)
"""


def start(pause: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", FILL, str(Path(__file__).parent), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_fill_spoils_nothing(root: Path) -> None:
    with start(pause=0.002) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "128\n"
        process.send_signal(signal.SIGKILL)
        process.stdout.read()  # ends when those that read for it have ended too
    assert [path.suffix for path in root.iterdir() if path.is_dir()] == [".partial"]
    source = Painted(count=301)
    cached(source, "another")
    assert sum(path.is_dir() for path in root.iterdir()) == 1
    source = Painted(count=300)
    assert torch.equal(cached(source, "painted").read([299]).bg, source.read([299]).bg)
    assert [path.suffix for path in root.iterdir() if path.is_dir()] == ["", ""]


def test_two_processes_at_once_fill_once(root: Path) -> None:
    with start(pause=0.002) as first, start(pause=0.002) as second:
        said = [process.communicate()[0].split() for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0)
    assert sorted(said) == [["128", "256", "300", "whole"], ["whole"]]
    assert all(is_sound(path) for path in root.iterdir() if path.is_dir())


LOCK = threading.Lock()


class Locking(Painted):
    """Elsewhere its samples need a lock that only the first process ever takes."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.home = os.getpid()

    def sample(self, index: int) -> Sample:
        if os.getpid() != self.home:
            assert LOCK.acquire(timeout=5)
            LOCK.release()
            print("read elsewhere")
        return super().sample(index)


def test_processes_that_help_inherit_no_lock_of_a_thread(capfd: pytest.CaptureFixture[str]) -> None:
    """A forked process would wait for ever for a lock that some thread of its parent held at that moment."""
    source = Locking(count=300)
    with LOCK:
        cached(source, "locking")
    assert source.reads == 128  # the others were read elsewhere
    said = capfd.readouterr()
    assert (said.out, said.err.count("read elsewhere")) == ("", 172)


def test_a_set_that_is_read_quickly_needs_no_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "WORTH", 3600.0)
    source = Painted(count=300)
    cached(source, "quick")
    assert source.reads == 300


class Broken(Painted):
    """Its sample 15 cannot be read."""

    def sample(self, index: int) -> Sample:
        if index == 15:
            raise DataError("sample 15 cannot be decoded", "mend it")
        return super().sample(index)


class HoldsAFile(Painted):
    """It cannot be copied into another process."""

    def __getstate__(self) -> None:
        raise TypeError("an open file cannot be pickled")


def filled(source: Painted, root: Path) -> dict[str, bytes]:
    """Every file of the cache of `source`, which is gone thereafter."""
    folder = cached(source, "filled").folder  # type: ignore[attr-defined]
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(root)
    return files


def test_several_processes_write_what_one_writes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "cores", lambda: 1)
    alone, together = Painted(count=300), Painted(count=300)
    expected = filled(alone, root)
    monkeypatch.setattr(groups, "cores", lambda: 3)
    assert filled(together, root) == expected
    assert filled(HoldsAFile(count=300), root) == expected
    assert (alone.reads, together.reads) == (300, 128)  # the first group says whether the others are worth help


@pytest.mark.parametrize("count", [20, 300])
def test_a_failing_source_leaves_nothing_behind(root: Path, count: int) -> None:
    with pytest.raises(DataError, match="sample 15"):
        cached(Broken(count), "broken")
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_a_full_disk_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Column, "append", full)
    with pytest.raises(DataError, match="No space left on device") as caught:
        cached(Painted(), "painted")
    assert "MDF_CACHE" in caught.value.hint


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("MDF_CACHE", str(blocked))
    with pytest.raises(DataError, match=re.escape(str(blocked))):
        cached(Painted(), "painted")


def test_the_root_is_the_users_cache_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MDF_CACHE")
    assert cache_root().name == "mdf"


def test_what_lies_on_disk_is_plain() -> None:
    folder = cached(Painted(), "painted").folder  # type: ignore[attr-defined]
    kinds = {path.name: np.load(path, allow_pickle=False).dtype.name for path in folder.glob("*.npy")}
    assert kinds["bg.npy"] == kinds["fg_bg.npy"] == kinds["target-0.npy"] == "uint8"
    assert (kinds["target-1.npy"], kinds["target-2.npy"], kinds["target-3.npy"]) == ("float32", "float32", "int16")
    assert kinds["valid-0.npy"] == "bool"
    assert json.loads((folder / "index.json").read_text())["tasks"] == list(Painted.tasks)
    assert all(path.parent == folder for path in folder.iterdir())
