"""Files travel in pieces and are whole at their end; what killed agents left is removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdf.core.progress import Progress, Warned
from mdf.core.shared.place import SharedFile, SharedPlace
from mdf.core.shared.pointer import fetched, point_to, pointed_at
from mdf.runs.result import CHECKPOINT
from mdf.workers.child import Done, Failed
from mdf.workers.cluster import messages, outbox
from mdf.workers.cluster.messages import Ended, FilePiece, FileShared, Message, Pace, Printed
from mdf.workers.cluster.outbox import Outbox
from mdf.workers.cluster.parcels import Parcels
from mdf.workers.cluster.remote import Release, RemoteJob
from mdf.workers.cluster.scratch import PREFIX, Scratch
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job

PACE = Pace(0.5, 1)
JOB: Job[str, int] = Job("nothing:nothing")


class FakeRay:
    """Answers are ready at once; an error is raised."""

    class exceptions:  # noqa: N801 - Ray's own name
        class RayError(Exception):
            """Ray's base class."""

        class OutOfMemoryError(RayError):
            """Ray has ended an agent because its node had no memory left."""

    def __init__(self, *answers: list[Message] | Exception | None) -> None:
        self.answers = list(answers)
        self.listen = self
        self.paces: list[Pace] = []

    def remote(self, pace: Pace) -> str:
        self.paces.append(pace)
        return "reference"

    def wait(self, references: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:  # noqa: ARG002
        return (references, []) if self.answers else ([], references)

    def get(self, _: str) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def remote(ray: FakeRay, folder: Path, closed: list[Release]) -> RemoteJob:
    return RemoteJob(ray, ray, "reference", "node 7", folder, folder / "log", lambda: PACE, closed.append)


def test_pieces_become_files_and_the_end_comes_last(tmp_path: Path) -> None:
    pieces = [FilePiece("a/b.bin", b"12", last=False), FilePiece("a/b.bin", b"34", last=True)]
    first: list[Message] = [Warned("hm"), Printed(b"one\n")]
    ray = FakeRay(None, first, [Printed(b"two\n"), *pieces, FilePiece("c", b"", last=True), Ended(Done(3))])
    closed: list[Release] = []
    told: list[Progress] = []
    job = remote(ray, tmp_path, closed)
    assert job.began is None
    assert job.listen(told.append)
    assert job.began is not None
    assert told == [Warned("hm")]
    assert job.result(JOB) == 3
    assert {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == {
        "a/b.bin": b"1234",
        "c": b"",
        "log": b"one\ntwo\n",
    }
    job.close()
    job.close()
    assert closed == ["free"]  # the agent can do another job
    assert ray.paces == [PACE, PACE]


def test_a_lost_node_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    ray = FakeRay(None, [FilePiece("weights", b"half", last=False)], FakeRay.exceptions.RayError("gone"))
    closed: list[Release] = []
    job = remote(ray, tmp_path, closed)
    assert job.listen(lambda _: None)
    with pytest.raises(WorkerError, match="the node node 7 was lost") as caught:
        job.result(JOB)
    assert caught.value.status == "interrupted"
    job.close()
    assert closed == ["lost"]  # there is no agent any more
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    job = remote(FakeRay([FilePiece(name, b"", last=True)]), tmp_path / "inside", [])
    with pytest.raises(ValueError, match="outside"):
        job.listen(lambda _: None)


def test_an_outbox_sends_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PIECE", 3)
    log = tmp_path / "worker.log"
    box = Outbox(tmp_path, log)
    assert list(box.printed()) == []
    log.write_text("abcd")
    assert b"".join(piece.data for piece in box.printed()) == b"abcd"
    log.write_text("abcdef")
    assert list(box.printed()) == [Printed(b"ef")]
    assert list(box.checkpoint()) == []
    (tmp_path / CHECKPOINT).write_bytes(b"1234567")
    assert list(box.checkpoint()) == [
        FilePiece(CHECKPOINT, b"123", last=False),
        FilePiece(CHECKPOINT, b"456", last=False),
        FilePiece(CHECKPOINT, b"7", last=True),
    ]
    assert list(box.checkpoint()) == []
    (tmp_path / ".half.1.part").touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "empty").touch()
    assert list(box.results()) == [FilePiece("inner/empty", b"", last=True)]


def test_files_of_one_folder_are_carried_into_one_folder(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    places = scratch.carry({"/here/run/model.json": b"{}", "/here/run/weights": b"w", "/there/loss.py": b"pass"})
    run = places[Path("/here/run")]
    assert (run / "model.json").read_bytes() == b"{}"
    assert places[Path("/here/run/weights")].parent == run
    assert places[Path("/there/loss.py")].name == "loss.py"
    assert places[Path("/there/loss.py")].parent != run
    scratch.close()
    assert not list(tmp_path.iterdir())


def test_what_an_agent_that_was_killed_has_left_is_removed(tmp_path: Path) -> None:
    alive = Scratch(tmp_path)
    dead = tmp_path / f"{PREFIX}dead"
    dead.mkdir()
    (dead / "in-use.lock").touch()
    (dead / "weights").touch()
    Scratch(tmp_path)
    assert alive.folder.is_dir()
    assert not dead.exists()


def test_a_failure_travels_with_its_reason(tmp_path: Path) -> None:
    job = remote(FakeRay([Ended(Failed(None, "oom", "no memory", "log"))]), tmp_path, [])
    assert job.listen(lambda _: None)
    with pytest.raises(WorkerError, match="no memory") as caught:
        job.result(JOB)
    assert caught.value.status == "oom"
    assert messages.PIECE > 2**20


def test_a_trial_that_ray_ends_for_lack_of_memory_is_out_of_memory_and_not_lost(tmp_path: Path) -> None:
    """Begun again elsewhere it would end so again."""
    closed: list[Release] = []
    job = remote(FakeRay(None, FakeRay.exceptions.OutOfMemoryError("...")), tmp_path, closed)
    assert job.listen(lambda _: None)
    with pytest.raises(WorkerError, match="the node node 7 ran out of memory") as caught:
        job.result(JOB)
    assert caught.value.status == "oom"
    job.close()
    assert closed == ["lost"]


def test_large_files_go_to_the_shared_place_and_the_driver_learns_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LARGE", 4)
    place, there, here = SharedPlace(str(tmp_path / "shared")), tmp_path / "there", tmp_path / "here"
    there.mkdir()
    (there / "weights").write_bytes(b"12345")
    (there / "model").write_bytes(b"123")
    (there / CHECKPOINT).write_bytes(b"first")
    box = Outbox(there, there / "log", Parcels(place, "trial"))
    first = list(box.checkpoint())
    assert list(box.checkpoint()) == []
    (there / CHECKPOINT).write_bytes(b"second")
    second = list(box.checkpoint())
    told = [*first, *second, *box.results()]
    assert not [message for message in told if isinstance(message, FilePiece) and message.name != "model"]
    job = remote(FakeRay([*told, Ended(Done(3))]), here, [])  # type: ignore[list-item]
    assert job.listen(lambda _: None)
    assert {path.name for path in here.iterdir()} == {"weights.shared", "model", f"{CHECKPOINT}.shared"}
    assert fetched(here / "weights").read_bytes() == b"12345"
    assert fetched(here / CHECKPOINT).read_bytes() == b"second"


def test_the_checkpoint_that_the_driver_knows_stays_until_it_knows_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LARGE", 1)
    place, folder, known = SharedPlace(str(tmp_path / "shared")), tmp_path / "trial", tmp_path / "driver" / CHECKPOINT
    folder.mkdir()
    box = Outbox(folder, folder / "log", Parcels(place, "trial"))
    for number in range(4):
        (folder / CHECKPOINT).write_text(str(number))
        (message,) = box.checkpoint()
        if number:  # the answer with the new one is on its way, and the command is killed
            assert pointed_at(known) is not None
            assert fetched(known).read_text() == str(number - 1)
        assert isinstance(message, FileShared)
        point_to(message.file, known)
    assert sorted(path.read_text() for path in (tmp_path / "shared").rglob(CHECKPOINT)) == ["2", "3"]
    successor = Parcels(place, "trial", message.file)
    successor.put({CHECKPOINT: folder / CHECKPOINT})
    successor.put({CHECKPOINT: folder / CHECKPOINT})
    assert not place.has(str(place.key_of(message.file)))
    assert place.key_of(SharedFile("/another/place/1/a", 1, "")) is None
    assert len(list((tmp_path / "shared").rglob(CHECKPOINT))) == 3
    successor.forget_checkpoints()
    assert len(list((tmp_path / "shared").rglob(CHECKPOINT))) == 1  # of the first node, which has not ended well


def test_where_the_shared_place_takes_nothing_files_travel_as_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LARGE", 1)
    (tmp_path / "weights").write_bytes(b"123")
    warned, piece = Outbox(tmp_path, tmp_path / "log", Parcels(SharedPlace("/proc/nowhere"), "trial")).results()
    assert isinstance(warned, Warned)
    assert "its files travel through the machine that runs the command" in warned.message
    assert piece == FilePiece("weights", b"123", last=True)
