"""Close names of an unknown one, and words that were renamed."""

from __future__ import annotations

import pytest

from mdf.core.names import RENAMED, close_names, did_you_mean, suggest

NAMES = ["encoder", "decoder", "head", "loss", "logger", "schedule"]


@pytest.mark.parametrize(
    ("word", "close"),
    [
        ("los", ["loss"]),
        ("losses", ["loss"]),
        ("heads", ["head"]),
        ("enc", ["encoder"]),
        ("encodr", ["encoder", "decoder"]),
        ("l", ["loss", "logger"]),
        ("zzz", []),
        ("", []),
    ],
)
def test_close_names_are_few_and_the_closest_comes_first(word: str, close: list[str]) -> None:
    assert close_names(word, NAMES) == close


def test_there_are_never_more_than_the_limit() -> None:
    assert len(close_names("loss", [f"loss-{number}" for number in range(100)])) == 3


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_word_is_answered_with_the_new_one_alone(old: str) -> None:
    new = RENAMED[old]
    assert did_you_mean(old, ["trackers-of-objects", new, "twin"]) == f"it is called `{new}` now"


def test_an_old_word_means_nothing_where_the_new_one_is_unknown() -> None:
    assert did_you_mean("tracker", ["unet", "resnet18"]) == ""


def test_a_question_names_every_close_name() -> None:
    assert did_you_mean("encodr", NAMES) == "did you mean `encoder` or `decoder`?"


def test_few_known_names_are_listed_if_nothing_is_close() -> None:
    assert suggest("zzz", NAMES) == f"known: {', '.join(NAMES)}"
    assert suggest("zzz", [f"name-{number}" for number in range(100)]) == ""
    assert suggest("zzz", []) == ""
