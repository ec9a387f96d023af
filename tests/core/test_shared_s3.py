"""A shared place on S3, as a server on this machine offers it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdf.core.errors import MdfError
from mdf.core.shared.place import SharedPlace
from mdf.core.shared.pointer import fetched, point_to

server_of_moto = pytest.importorskip("moto.server", reason="moto is not installed: the extra `dev` has it")
s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed: the extra `dev` has it")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place() -> Iterator[SharedPlace]:
    """A place in a bucket that is there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_of_moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "anybody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem().mkdir("bucket")
        yield SharedPlace("s3://bucket/mdf")
    server.stop()


def test_files_are_put_fetched_and_removed(place: SharedPlace, tmp_path: Path) -> None:
    file, empty = tmp_path / "weights", tmp_path / "empty"
    file.write_bytes(bytes(range(256)) * 2**13)  # 2 MiB
    empty.touch()
    place.check_mark(place.leave_mark())
    put = place.put("trials/a/1", {"weights": file, "empty": empty})
    assert place.has("trials/a/1")
    assert place.fetch("trials/a/1", tmp_path / "copy")
    assert (tmp_path / "copy" / "weights").read_bytes() == file.read_bytes()
    assert not (tmp_path / "copy" / "empty").read_bytes()
    point_to(put["weights"], tmp_path / "run" / "weights")
    assert fetched(tmp_path / "run" / "weights").read_bytes() == file.read_bytes()
    place.put("trials/a/1", {"weights": empty})  # another machine puts the group, too
    assert place.fetch("trials/a/1", tmp_path / "copy")
    place.remove("trials/a/1")
    assert not place.has("trials/a/1")
    assert not place.fetch("trials/a/1", tmp_path / "copy")
    place.remove("trials/a/1")


def test_a_group_whose_writer_is_lost_is_not_there(place: SharedPlace, tmp_path: Path) -> None:
    """Its `done` comes last."""
    (tmp_path / "here").write_bytes(b"1")
    with pytest.raises(MdfError, match="cannot be written"):
        place.put("half", {"here": tmp_path / "here", "lost": tmp_path / "lost"})
    assert s3fs.S3FileSystem().exists("bucket/mdf/half/here")
    assert not place.has("half")
    assert not place.fetch("half", tmp_path / "copy")


@pytest.mark.usefixtures("place")
def test_a_bucket_that_is_not_there_is_told_and_not_made() -> None:
    with pytest.raises(MdfError, match=r"s3://bucte/mdf cannot be written.*bucket does not exist"):
        SharedPlace("s3://bucte/mdf").leave_mark()
    assert not s3fs.S3FileSystem().exists("bucte")
