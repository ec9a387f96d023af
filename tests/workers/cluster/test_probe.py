"""What is installed on a node is asked by code that needs nothing of mdf, and told in words."""

from __future__ import annotations

import platform

import pytest

import mdf
from mdf.workers.cluster.probe import differences, probe

HERE = {"Python": "3.11", "mdf": "0.1.0", "the code of mdf": "aa", "plugins": "none", "torch": "2.11.0"}


def test_it_tells_of_this_machine() -> None:
    told = probe()()
    assert told["mdf"] == mdf.__version__
    assert told["Python"] == ".".join(platform.python_version_tuple()[:2])
    assert told == probe()()


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({}, []),
        ({"torch": "2.12.0"}, []),  # nodes are compared with each other: the driver does not compute
        ({"Python": "3.12"}, ["it has Python 3.12, and this machine has 3.11"]),
        ({"mdf": "0.2.0", "the code of mdf": "bb"}, ["it has mdf 0.2.0, and this machine has 0.1.0"]),
        ({"the code of mdf": "bb"}, ["its code of mdf 0.1.0 differs from this machine's"]),
        ({"mdf": "not installed", "the code of mdf": "-"}, ["it has no mdf, and this machine has 0.1.0"]),
        ({"plugins": "more 2"}, ["it has the plugins more 2, and this machine has none"]),
    ],
)
def test_differences_are_told_in_words(there: dict[str, str], said: list[str]) -> None:
    assert differences(HERE, HERE | there) == said
