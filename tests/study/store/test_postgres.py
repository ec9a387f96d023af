"""The results store in a team's PostgreSQL: all that it does in an SQLite file, and a server that is not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres_server
import pytest
from postgres_server import PASSWORD, Server
from simulated_store import ended, names
from sqlalchemy import create_engine, text

import mdf
from mdf.cli import main
from mdf.core.errors import MdfError
from mdf.runs.result import RESULT
from mdf.study.store import address
from mdf.study.store.store import open_store
from mdf.study.store.tables import SCHEMA, metadata

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the server is on a socket of Unix")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason='no driver: `pip install "mask-depth-framework[postgres]"`')
    found = postgres_server.programs()
    if found is None:
        pytest.skip(f"no PostgreSQL server: neither on the PATH nor in {postgres_server.INSTALLED}")
    with postgres_server.running(found) as started:
        yield started


@pytest.fixture
def url(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, which `MDF_STORE` names."""
    with Sql(server.url()) as sql:
        sql("DROP DATABASE IF EXISTS results WITH (FORCE)")
        sql("CREATE DATABASE results")
    monkeypatch.setenv("MDF_STORE", server.url("results"))
    return server.url("results")


class Sql:
    """What is really in the database."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(address.read_url(url), isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Callable[[str], list[tuple[object, ...]]]:
        self._connection = self._engine.connect()
        return self._run

    def _run(self, statement: str) -> list[tuple[object, ...]]:
        found = self._connection.execute(text(statement))
        return [tuple(row) for row in found] if found.returns_rows else []

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()


def test_rows_come_and_go_with_their_files(url: str, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first = ended(tmp_path, "abc", "interrupted", reason="half\0way — ½", scores={"mask/iou": 0.5})
    store.put(first)
    assert store.results() == [first]
    for name in ("abc.2", "def"):
        ended(tmp_path, name)
    again = ended(tmp_path, "abc", "ok", scores={"depth/rmse": float("nan")})  # it went on, and its row is the old one
    store = open_store(tmp_path)
    assert names(store, "ok") == {"abc", "abc.2", "def"}
    assert str(next(r for r in store.results() if r.folder == again.folder).scores["depth/rmse"]) == "nan"
    shutil.rmtree(tmp_path / "night" / "abc.2")
    (tmp_path / "night" / "def" / RESULT).unlink()
    assert names(open_store(tmp_path)) == {"abc"}
    with Sql(url) as sql:
        assert sql("SELECT folder, status FROM mdf_attempts") == [("night/abc", "ok")]


def test_every_runs_folder_has_rows_of_its_own(url: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    ended(here, "abc")
    ended(there, "abc", "failed")
    assert names(open_store(here), "ok") == {"abc"}
    assert names(open_store(there), "failed") == {"abc"}
    shutil.rmtree(here / "night")
    assert names(open_store(here)) == set()
    there.rename(tmp_path / "moved")
    assert names(open_store(tmp_path / "moved")) == {"abc"}
    with Sql(url) as sql:
        assert sql("SELECT count(*) FROM mdf_attempts") == [(1,)]


def test_what_takes_the_place_of_a_store_that_was_removed_is_the_same(url: str, tmp_path: Path) -> None:
    ended(tmp_path, "abc")
    open_store(tmp_path)
    with Sql(url) as sql:
        sql(f"DROP TABLE {', '.join(metadata.tables)}")
    assert names(open_store(tmp_path)) == {"abc"}


WRITER = """
import sys
from pathlib import Path
from mdf.runs.result import load
from mdf.study.store.store import open_store
runs, mine = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for round in range(4):
    store = open_store(runs)
    for folder in sorted((runs / "night").glob("*"), reverse=mine == "b"):
        store.put(load(folder))
    store.results()
"""


def test_processes_that_write_the_same_rows_at_once_meet_no_lock(url: str, tmp_path: Path) -> None:
    """Each finds an empty database and makes its tables, adopts what lies there, and writes every row again and again,
    one in the opposite order of the other."""
    for number in range(6):
        ended(tmp_path, f"a{number}")
    options = {"text": True, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environ = {**os.environ, "PYTHONPATH": str(Path(mdf.__file__).parents[1])}
    writers = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", WRITER, str(tmp_path), mine], env=environ, **options)  # type: ignore[call-overload]
        for mine in "ab"
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.communicate(timeout=60)[1] for writer in writers] == ["", ""]
    assert [writer.returncode for writer in writers] == [0, 0]
    with Sql(url) as sql:
        assert sql("SELECT count(DISTINCT home), count(*) FROM mdf_attempts") == [(1, 6)]


def test_many_that_open_an_empty_database_at_once_all_find_its_tables(url: str, tmp_path: Path) -> None:
    ended(tmp_path, "abc")
    found: list[object] = []

    def look() -> None:
        try:
            found.append(names(open_store(tmp_path)))
        except BaseException as error:
            found.append(error)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"abc"}] * 8
    with Sql(url) as sql:
        assert sql("SELECT version FROM mdf_schema") == [(SCHEMA,)]


@pytest.mark.parametrize(("change", "who", "cure"), [(-1, "older", "remove its tables"), (1, "newer", "update mdf")])
def test_tables_of_another_version_are_one_clear_message(
    url: str, tmp_path: Path, change: int, who: str, cure: str
) -> None:
    open_store(tmp_path)
    with Sql(url) as sql:
        sql(f"UPDATE mdf_schema SET version = {SCHEMA + change}")
    with pytest.raises(MdfError, match=f"made by an? {who} mdf") as caught:
        open_store(tmp_path)
    assert cure in caught.value.hint
    assert PASSWORD not in str(caught.value)


@pytest.mark.usefixtures("url")
def test_a_server_that_cannot_be_used_is_told_without_the_password(server: Server, tmp_path: Path) -> None:
    for asked, why in [
        (server.url("nosuch"), "does not exist"),
        (server.url("results", "wr0ng@word"), "password authentication failed"),
        (server.url("results", "").replace("?", "?password=wr0ng%40word&"), "password authentication failed"),
        (server.url("results").replace(str(server.folder), str(tmp_path)), "No such file"),
        (server.url("results") + "&nosuchoption=hidden", "nosuchoption"),
    ]:
        with pytest.raises(MdfError, match=why) as caught:
            open_store(tmp_path, asked)
        assert not [secret for secret in ("word", "hidden") if secret in str(caught.value).replace("password", "")]
        assert "\n" not in caught.value.message
        assert caught.value.hint


def test_a_study_is_kept_listed_and_removed(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`mdf benchmark`, again with one method more, and all of `mdf runs`."""
    asked = {
        "settings": ["data.train=24", "data.val=8", "data.test=8", "data.size=32", "threads=1", 'device="cpu"'],
        "size": 32,
        "name": "night",
        "pictures": False,
        "costs": False,
        "force": True,
    }
    one = {"predictor": "absdiff", "loss": {}}  # a loss named, else the standard study's networks are trained too
    (first,) = mdf.benchmark(runs=tmp_path, config=one, **asked).results
    both = mdf.benchmark(runs=tmp_path, config={**one, "grid": {"predictor.channels": ["max", "mean"]}}, **asked)
    assert [result.status for result in both.results] == ["ok", "ok"]
    again = next(result for result in both.results if result.id == first.id)
    assert (again.ended, again.scores) == (first.ended, first.scores)  # kept, not run again
    with Sql(url) as sql:
        assert sql("SELECT status, attempt, count(*) FROM mdf_attempts GROUP BY 1, 2") == [("ok", 1, 2)]
    assert not list(tmp_path.glob("*.sqlite"))

    def runs(*words: str) -> str:
        assert main(["runs", words[0], "--runs", str(tmp_path), *words[1:]]) == 0
        return capsys.readouterr().out

    ids = {result.id for result in both.results}
    assert {run["id"] for run in json.loads(runs("list", "--json"))} == ids
    gone = first.id
    assert "absdiff" in runs("show", gone)
    assert "night" in runs("size")
    runs("rm", gone, "--yes")
    assert {run["id"] for run in json.loads(runs("list", "--study", "night", "--json"))} == ids - {gone}
    with Sql(url) as sql:
        assert sql("SELECT trial FROM mdf_attempts") == [((ids - {gone}).pop(),)]
    runs("rm", "--study", "night", "--yes")
    with Sql(url) as sql:
        assert sql("SELECT count(*) FROM mdf_attempts") == [(0,)]


@pytest.mark.usefixtures("url")
def test_a_server_that_goes_away_loses_no_result(server: Server, tmp_path: Path) -> None:
    """The last test of this file: the row of what has ended cannot be written, and the file is there."""
    store = open_store(tmp_path)
    server.stop()
    result = ended(tmp_path, "abc")
    with pytest.raises(MdfError) as caught:
        store.put(result)
    assert "no result is lost" in caught.value.hint
    assert PASSWORD not in str(caught.value)
    with pytest.raises(MdfError) as caught:
        open_store(tmp_path)
    assert "MDF_STORE" in caught.value.hint
    assert names(open_store(tmp_path, f"sqlite:///{tmp_path}/own.sqlite")) == {"abc"}
