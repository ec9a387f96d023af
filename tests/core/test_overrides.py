"""`--set a.b=value`: TOML values where it is TOML, bare strings else; short forms are written out on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.config import to_table, validate
from mdf.core.errors import ConfigError
from mdf.core.overrides import changed, parse_override, put

KEYS = st.lists(st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b=3", 3),
        ("a.b=0.5", 0.5),
        ("a.b=true", True),
        ('a.b="3"', "3"),
        ("a.b=[1, 2]", [1, 2]),
        ("a.b={x = 1}", {"x": 1}),
        ("a.b=bce+0.5*l1", "bce+0.5*l1"),
        ("a.b=x=y", "x=y"),
        ("a.b=/data/some where", "/data/some where"),
        (" a . b = word ", "word"),
        ("a.b=1\nc = 2", "1\nc = 2"),
    ],
)
def test_values(text: str, value: object) -> None:
    assert parse_override(text) == (("a", "b"), value)


@pytest.mark.parametrize("text", ["encoder.width", "=3", "encoder..width=3", ".=3", ""])
def test_what_is_no_override_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not `KEY=VALUE`") as caught:
        parse_override(text)
    assert f"--set {text}" in caught.value.message
    assert "encoder.width=32" in caught.value.hint


@given(keys=KEYS, value=st.integers())
def test_a_value_is_found_where_it_was_put_and_the_table_is_left_alone(keys: list[str], value: int) -> None:
    table = {"other": {"x": 1}}
    found: object = put(table, ("z", *keys), value)
    for key in ("z", *keys):
        found = found[key]  # type: ignore[index]
    assert found == value
    assert table == {"other": {"x": 1}}


def test_later_settings_win() -> None:
    assert changed({}, map(parse_override, ["train.steps=1", "train.steps=2"])) == {"train": {"steps": 2}}


@pytest.mark.parametrize(
    ("setting", "key", "expected"),
    [
        ("encoder.width=32", "encoder", {"name": "resnet18", "width": 32}),
        ("heads.depth.encoding=log", "heads", {"mask": "mask", "depth": {"name": "depth", "encoding": "log"}}),
    ],
)
def test_a_component_keeps_its_name_when_it_gets_an_option(setting: str, key: str, expected: object) -> None:
    table = {"encoder": "resnet18", "heads": {"mask": "mask", "depth": "depth"}}
    assert to_table(validate(changed(table, map(parse_override, [setting]))))[key] == expected


def test_a_loss_keeps_its_terms_when_it_gets_a_weight() -> None:
    table = {"loss": {"depth": "l1", "mask": "bce+0.5*l1"}}
    loss = validate(changed(table, map(parse_override, ["loss.depth.weight=0.5", "loss.mask.weight=2"]))).loss
    assert (loss["depth"].weight, [t.name for t in loss["depth"].terms]) == (0.5, ["l1"])
    assert (loss["mask"].weight, [(t.name, t.weight) for t in loss["mask"].terms]) == (2.0, [("bce", 1), ("l1", 0.5)])


def test_a_single_weighted_loss_keeps_its_weight_when_it_gets_an_option() -> None:
    loss = validate(changed({"loss": {"depth": "0.5*l1"}}, map(parse_override, ["loss.depth.beta=3"]))).loss["depth"]
    assert [(t.name, t.weight * loss.weight, t.options) for t in loss.terms] == [("l1", 0.5, {"beta": 3})]


@pytest.mark.parametrize("setting", ["seed.x=1", "normalise.mode=2", "train.lr.peak=1"])
def test_a_value_has_no_keys_of_its_own(setting: str) -> None:
    with pytest.raises(ConfigError, match="is a single value without keys") as caught:
        changed({"seed": 3, "normalise": "pair", "train": {"lr": 0.1}}, map(parse_override, [setting]))
    assert setting.partition("=")[0] in caught.value.message
