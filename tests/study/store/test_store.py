"""The results store: files first, rows after them; whatever is missing is made anew, whatever is odd is told."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_store import ended, names
from sqlalchemy import Dialect
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.event import listens_for
from sqlalchemy.schema import CreateTable

from mdf.core.errors import MdfError
from mdf.runs.result import RESULT
from mdf.study.store.engine import FILE
from mdf.study.store.store import open_store
from mdf.study.store.tables import SCHEMA, metadata


def intact(runs: Path) -> bool:
    with sqlite3.connect(runs / FILE) as connection:
        found: str = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    return found == "ok"


def test_a_result_comes_back_whole(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    scores = {"mask/iou": 0.5}
    result = ended(tmp_path, "abc", scores=scores, costs={"parameters": 12.0}, started="a", ended="b", machine="c")
    store.put(result)
    assert store.results() == [result]
    assert open_store(tmp_path).results() == [result]


def test_a_score_that_measured_nothing_is_nan_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.put(ended(tmp_path, "abc", scores={"depth/rmse": float("nan")}))
    assert str(store.results()[0].scores["depth/rmse"]) == "nan"


def test_a_reason_with_a_file_name_in_another_encoding_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    result = ended(tmp_path, "abc", "failed", reason="cannot read caf\udce9.png", hint="rename caf\udce9.png")
    store.put(result)
    assert store.results() == [result]
    assert open_store(tmp_path).results() == [result]


def test_files_without_rows_are_adopted_and_rows_without_files_dropped(tmp_path: Path) -> None:
    """Killed between the file and the row, or removed by hand: the next command sees what is there."""
    for name in ("abc", "abc.2", "def"):
        ended(tmp_path, name)
    store = open_store(tmp_path)
    assert names(store) == {"abc", "abc.2", "def"}
    shutil.rmtree(tmp_path / "night" / "abc")
    (tmp_path / "night" / "def" / RESULT).unlink()
    assert names(open_store(tmp_path)) == {"abc.2"}


def test_a_row_older_than_its_file_is_renewed(tmp_path: Path) -> None:
    """An interrupted attempt went on and ended, and the command was killed before the row."""
    ended(tmp_path, "abc", "interrupted")
    assert names(open_store(tmp_path), "interrupted") == {"abc"}
    ended(tmp_path, "abc", "ok")
    store = open_store(tmp_path)
    assert names(store, "ok") == {"abc"}
    assert names(store, "interrupted", "failed") == set()


def test_what_is_being_removed_is_no_run(tmp_path: Path) -> None:
    ended(tmp_path, "abc", study=".removed-night")
    ended(tmp_path, "abc")
    (tmp_path / "night" / "abc").rename(tmp_path / "night" / ".removed-abc")
    assert names(open_store(tmp_path)) == set()


def test_a_damaged_result_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    ended(tmp_path, "abc")
    ended(tmp_path, "def")
    assert len(names(open_store(tmp_path))) == 2
    (tmp_path / "night" / "abc" / RESULT).write_text('{"id": "ab')
    store = open_store(tmp_path)
    assert names(store) == {"def"}
    assert len(store.damaged) == 1
    assert str(Path("night") / "abc" / RESULT) in store.damaged[0]


def test_a_store_that_is_removed_is_made_anew(tmp_path: Path) -> None:
    ended(tmp_path, "abc", "failed")
    open_store(tmp_path)
    (tmp_path / FILE).unlink()
    assert names(open_store(tmp_path)) == {"abc"}


@pytest.mark.parametrize(
    ("version", "who", "cure"), [(SCHEMA - 1, "older", "remove it"), (SCHEMA + 1, "newer", "update")]
)
def test_a_store_of_another_version_is_one_clear_message(tmp_path: Path, version: int, who: str, cure: str) -> None:
    open_store(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE mdf_schema SET version = ?", (version,))
    connection.close()
    with pytest.raises(MdfError, match=f"made by an? {who} mdf") as caught:
        open_store(tmp_path)
    assert FILE in caught.value.message
    assert cure in caught.value.hint


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("x" * 5000)
    with pytest.raises(MdfError, match="not a database") as caught:
        open_store(tmp_path)
    assert "made anew" in caught.value.hint
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(MdfError, match=FILE):
        open_store(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MdfError, match="cannot write") as caught:
        open_store(tmp_path / "file" / "runs")
    assert caught.value.hint


def test_a_folder_that_is_read_only_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(tmp_path, "abc")
    monkeypatch.setattr("mdf.study.store.store._is_read_only", lambda _: True)
    assert names(open_store(tmp_path, to_read=True)) == {"abc"}
    assert not (tmp_path / FILE).exists()


def test_two_folders_share_a_database_by_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a team does; the same trial in both is two rows, and a folder that is moved keeps its own."""
    monkeypatch.setenv("MDF_STORE", f"sqlite:///{tmp_path}/team.sqlite")
    here, there = tmp_path / "here", tmp_path / "there"
    ended(here, "abc")
    ended(there, "abc", "failed")
    assert names(open_store(here), "ok") == {"abc"}
    assert names(open_store(there), "ok") == set()
    there.rename(tmp_path / "moved")
    assert names(open_store(tmp_path / "moved"), "failed") == {"abc"}
    assert not (here / FILE).exists()
    with sqlite3.connect(tmp_path / "team.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM mdf_attempts").fetchone() == (2,)
    connection.close()


@pytest.mark.parametrize("url", ["no url", "nosuchdatabase://host/name"])
def test_a_url_that_cannot_be_used_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(MdfError) as caught:
        open_store(tmp_path, url)
    assert caught.value.hint


def test_a_password_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(MdfError) as caught:
        open_store(tmp_path, "nosuchdatabase://me:secret@host/name")
    assert "secret" not in str(caught.value)


def together(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Do `work` in so many threads at once; what they raised."""
    errors: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_many_writers_at_once_meet_no_lock(tmp_path: Path) -> None:
    """Each opens the store (the first makes it), adopts what others leave, and writes rows of its own."""
    results = [[ended(tmp_path, f"a{writer}b{n}") for n in range(5)] for writer in range(8)]

    def work(writer: int) -> None:
        store = open_store(tmp_path)
        for result in results[writer]:
            store.put(result)
            store.results()

    assert together(8, work) == []
    assert len(names(open_store(tmp_path))) == 40
    assert intact(tmp_path)


def test_a_writer_that_takes_its_time_is_waited_for(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    result = ended(tmp_path, "abc")
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, lambda: other.execute("ROLLBACK"))
    timer.start()
    store.put(result)
    timer.join()
    other.close()
    assert names(store) == {"abc"}


def test_rows_that_do_not_fit_on_the_disk_are_told_and_the_rest_stays(tmp_path: Path) -> None:
    """A database that may not grow says `full`, as one on a full disk does."""
    store = open_store(tmp_path)
    store.put(ended(tmp_path, "abc"))
    listens_for(store._engine, "connect")(lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(MdfError, match="full") as caught:
        store.put(ended(tmp_path, "def", reason="x" * 100_000))
    assert "no result is lost" in caught.value.hint
    assert intact(tmp_path)
    assert names(open_store(tmp_path)) == {"abc", "def"}


@pytest.mark.parametrize("dialect", [postgresql.dialect(), mysql.dialect()], ids=lambda d: d.name)
def test_the_tables_can_be_made_in_other_databases(dialect: Dialect) -> None:
    for table in metadata.sorted_tables:
        assert table.name in str(CreateTable(table).compile(dialect=dialect))


def test_the_store_is_not_imported_with_its_package() -> None:
    code = "import sys, mdf.api, mdf.study.run, mdf.study.store; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
