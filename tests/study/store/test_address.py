"""The URL of a team's database: read in the notations that people have, told without what is secret."""

from __future__ import annotations

import sys

import pytest

from mdf.core.errors import MdfError
from mdf.study.store.address import DRIVER, named, patience, read_url
from mdf.study.store.engine import open_engine


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgres_needs_no_driver_in_its_url(scheme: str) -> None:
    assert read_url(f"{scheme}://me@host/results").drivername == DRIVER


def test_another_driver_that_is_named_is_kept() -> None:
    assert read_url("postgresql+pg8000://me@host/results").drivername == "postgresql+pg8000"
    assert read_url("sqlite:////runs/team.sqlite").drivername == "sqlite"


@pytest.mark.parametrize("url", ["secret", "postgresql://me:se@cret@host/results", "postgresql://me:x@host:secret/a"])
def test_what_is_no_url_is_not_told(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(MdfError) as caught:
        read_url(url)
    assert "cret" not in str(caught.value)
    assert "%40" in caught.value.hint


def test_neither_a_password_nor_an_option_is_told() -> None:
    told = named(read_url("postgresql://me:secret@host:5433/results?sslpassword=secret&password=secret&host=other"))
    assert "secret" not in told
    assert told.startswith(f"{DRIVER}://me:***@host:5433/results")
    assert "other" in told


def test_a_machine_that_does_not_answer_is_given_up() -> None:
    assert patience(read_url("postgresql://host/a"))["connect_timeout"] > 0
    assert patience(read_url("postgresql://host/a?connect_timeout=60")) == {}
    assert patience(read_url("sqlite:///a")) == {}


def test_a_missing_driver_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MdfError, match="psycopg") as caught:
        open_engine(read_url("postgresql://me:secret@host/results"))
    assert caught.value.hint == 'install its driver: `pip install "mask-depth-framework[postgres]"`'
    assert "secret" not in str(caught.value)
