"""The experiment config: one TOML form that comes back as it was, and one clear error for each mistake."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.config import ExperimentConfig, to_table, validate
from mdf.core.errors import ConfigError

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
OPTION_NAMES = NAMES.filter(lambda name: name not in ("name", "weight", "options", "terms"))
WEIGHTS = st.just(1.0) | st.floats(min_value=1e-300, max_value=1e300)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
OPTIONS = st.dictionaries(OPTION_NAMES, VALUES, max_size=3)
COMPONENTS = NAMES | st.builds(lambda name, options: {"name": name, **options}, NAMES, OPTIONS)
TERMS = st.builds(lambda n, w, o: {"name": n, "weight": w, **o}, NAMES, WEIGHTS, OPTIONS)
PLAIN_TERMS = st.builds(lambda n, w: {"name": n, "weight": w}, NAMES, WEIGHTS)
LOSSES = (
    NAMES
    | st.builds(lambda terms: {"terms": terms}, st.lists(PLAIN_TERMS, min_size=1, max_size=3))
    | st.builds(lambda terms, weight: {"terms": terms, "weight": weight}, st.lists(TERMS, min_size=1), WEIGHTS)
    | TERMS
)
SIZES = st.integers(8, 8192) | st.tuples(st.integers(8, 8192), st.integers(8, 8192)).map(list)
TRAIN = st.fixed_dictionaries(
    {},
    optional={
        "batch_size": st.integers(1, 4096),
        "lr": st.floats(1e-12, 1e3),
        "weight_decay": st.floats(0, 10),
        "warmup": st.floats(0, 0.99),
        "clip": st.floats(1e-6, 1e6),
        "validations": st.integers(1, 100),
    },
)
BUDGETS = st.just({}) | st.integers(1).map(lambda n: {"steps": n}) | st.floats(1e-3, 1e6).map(lambda n: {"epochs": n})
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "data": COMPONENTS,
        "encoder": COMPONENTS,
        "fusion": COMPONENTS,
        "decoder": COMPONENTS,
        "predictor": COMPONENTS,
        "schedule": COMPONENTS,
        "heads": st.dictionaries(NAMES, COMPONENTS, min_size=1, max_size=3),
        "loss": st.dictionaries(NAMES, LOSSES, max_size=3),
        "metrics": st.dictionaries(NAMES, st.lists(COMPONENTS, max_size=3), max_size=2),
        "size": SIZES,
        "normalise": st.sampled_from(["dataset", "pair", "encoder"]),
        "train": st.builds(lambda train, budget: {**train, **budget}, TRAIN, BUDGETS),
        "seed": st.integers(0, 2**31 - 1),
        "device": st.sampled_from(["auto", "cpu", "mps", "cuda", "cuda:3"]),
        "precision": st.sampled_from(["auto", "fp32", "bf16"]),
        "threads": st.integers(1, 512),
    },
)


@given(table=TABLES)
def test_a_config_comes_back_from_its_toml_as_it_was(table: dict[str, Any]) -> None:
    config = validate(table)
    again = validate(tomllib.loads(tomli_w.dumps(to_table(config))))
    assert again == config
    assert to_table(again) == to_table(config)


def test_options_that_are_none_are_left_out_wherever_they_stand() -> None:
    """TOML has no null: what a component's config resolves to None is not written."""
    nothing = {"name": "x", "a": None, "b": {"c": None, "d": 1}}
    config = validate({"encoder": nothing, "loss": {"depth": nothing}, "metrics": {"depth": [nothing]}})
    table = tomllib.loads(tomli_w.dumps(to_table(config)))
    assert table["encoder"] == {"name": "x", "b": {"d": 1}}
    assert table["metrics"]["depth"] == [{"name": "x", "b": {"d": 1}}]
    assert table["loss"]["depth"]["terms"] == [{"name": "x", "weight": 1.0, "b": {"d": 1}}]


def test_the_defaults_are_a_whole_config() -> None:
    config = validate({})
    assert config == ExperimentConfig()
    assert to_table(config)["heads"] == {"mask": "mask", "depth": "depth"}


@pytest.mark.parametrize(
    ("given_size", "size"),
    [(64, (64, 64)), ("64", (64, 64)), ("240x320", (240, 320)), ("240×320", (240, 320)), ([240, 320], (240, 320))],
)
def test_sizes(given_size: object, size: tuple[int, int]) -> None:
    assert validate({"size": given_size}).size == size


@pytest.mark.parametrize(
    ("written", "weights"),
    [
        ("bce", [1.0]),
        ("bce+0.5*l1", [1.0, 0.5]),
        ({"name": "bce", "weight": 2}, [1.0]),
        ("0.123456789*l1", [0.123456789]),
    ],
)
def test_losses(written: object, weights: list[float]) -> None:
    assert [term.weight for term in validate({"loss": {"mask": written}}).loss["mask"].terms] == weights


def test_heads_may_be_named_in_short() -> None:
    assert set(validate({"heads": "mask, depth"}).heads) == {"mask", "depth"}
    assert set(validate({"heads": ["depth"]}).heads) == {"depth"}


MISTAKES = {
    "unknown key": ({"enocder": "unet"}, "enocder", "encoder"),
    "unknown inner key": ({"train": {"stpes": 3}}, "train.stpes", "steps"),
    "wrong type": ({"seed": "many"}, "seed", ""),
    "a number out of range": ({"train": {"lr": -1.0}}, "train.lr", ""),
    "infinity": ({"train": {"lr": float("inf")}}, "train.lr", ""),
    "not a number": ({"train": {"clip": float("nan")}}, "train.clip", ""),
    "a word that is no choice": ({"normalise": "imagenet"}, "normalise", ""),
    "both budgets": ({"train": {"steps": 3, "epochs": 2}}, "train", ""),
    "no steps": ({"train": {"steps": 0}}, "train.steps", ""),
    "a size that is no size": ({"size": "64 by 64"}, "size", ""),
    "a size too small": ({"size": 3}, "size", ""),
    "three sides": ({"size": [8, 8, 8]}, "size", ""),
    "a device that there is none of": ({"device": "tpu"}, "device", ""),
    "a table where a value belongs": ({"seed": {"x": 1}}, "seed", ""),
    "a value where a table belongs": ({"train": 3}, "train", ""),
    "a component without a name": ({"encoder": {"width": 3}}, "encoder", ""),
    "a list outside the grid": ({"encoder": ["unet", "resnet18"]}, "encoder", "grid"),
    "a loss without weight": ({"loss": {"mask": {"name": "bce", "weight": 0}}}, "loss.mask", ""),
    "a loss of no terms": ({"loss": {"mask": {"terms": []}}}, "loss.mask", ""),
    "heads of no kind": ({"heads": 5}, "heads", ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_one_line_that_names_its_key_and_a_hint(mistake: str) -> None:
    table, key, hint = MISTAKES[mistake]
    with pytest.raises(ConfigError) as caught:
        validate(table, "study.toml")
    assert f"`{key}" in caught.value.message
    assert "study.toml" in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200
    assert hint in caught.value.hint
    assert caught.value.hint


def test_an_unresolved_size_is_told() -> None:
    with pytest.raises(ConfigError, match="no `size`"):
        _ = validate({}).image_size
    assert validate({"size": 32}).image_size == (32, 32)
