"""One name stands for a list of names; errors show how a list is written."""

from __future__ import annotations

import pytest

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError
from mdf.registry import Catalog


class Options(ComponentConfig):
    """Lists and none."""

    names: tuple[str, ...] = ()
    maybe: tuple[str, ...] | None = None
    text: str = ""


def test_one_name_is_a_list_of_it() -> None:
    options = Options(names="highway", maybe="a", text="b")  # type: ignore[arg-type]
    assert (options.names, options.maybe, options.text) == (("highway",), ("a",), "b")
    assert Options(names=["a", "b"]).names == ("a", "b")  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "written"), [("highway,office", '["highway", "office"]'), (3, "[3]")])
def test_what_is_no_list_is_told_how_one_is_written(value: object, written: str) -> None:
    with pytest.raises(ConfigError, match=r"data\.videos") as error:
        Catalog.discover([]).config("dataset", "cdnet:x", {"videos": value}, "data")
    assert f"--set 'data.videos={written}'" in error.value.hint
