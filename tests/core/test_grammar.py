"""How components and losses are written; each mistake is one ConfigError that quotes what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError
from mdf.core.grammar import Reference, Term, parse_sum, split_losses

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
WEIGHTS = st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False)


@given(name=NAMES, distribution=st.just("") | NAMES, variant=st.just("") | st.text(min_size=1).map(str.strip))
def test_a_reference_reads_what_it_writes(name: str, distribution: str, variant: str) -> None:
    reference = Reference(name, variant, distribution)
    assert Reference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unet", Reference("unet")),
        ("timm:convnext_tiny", Reference("timm", "convnext_tiny")),
        ("my-plugin/unet", Reference("unet", "", "my-plugin")),
        ("cdnet:C:/data/x:y", Reference("cdnet", "C:/data/x:y")),
        ("cdnet:/data/a/b", Reference("cdnet", "/data/a/b")),
        ("  unet ", Reference("unet")),
    ],
)
def test_references(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


@pytest.mark.parametrize("text", ["", ":x", "Unet", "a b", "pkg/", "/:x", "é"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a valid component name") as caught:
        Reference.parse(text)
    assert f"`{text}`" in caught.value.message
    assert caught.value.hint


@given(terms=st.lists(st.tuples(NAMES, WEIGHTS), min_size=1, max_size=4))
def test_a_sum_is_its_terms(terms: list[tuple[str, float]]) -> None:
    text = " + ".join(f"{format(weight, 'f')}*{name}" if weight != 1 else name for name, weight in terms)
    if any(float(format(weight, "f")) == 0 for _, weight in terms):
        return  # too small to be written so
    assert parse_sum(text) == [Term(n, float(format(w, "f")) if w != 1 else 1.0) for n, w in terms]


@pytest.mark.parametrize(
    "text", ["", "+", "bce+", "+l1", "0*l1", "-1*l1", "x*l1", "*l1", "2*", "nan*l1", "inf*l1", "bce++l1"]
)
def test_a_term_without_name_or_positive_weight_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a sum of losses") as caught:
        parse_sum(text)
    assert f"`{text}`" in caught.value.message
    assert "bce+0.5*l1" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l1", {"": "l1"}),
        ("mask=bce,depth=l1", {"mask": "bce", "depth": "l1"}),
        ("mask=bce+0.5*l1", {"mask": "bce+0.5*l1"}),
        (" mask = bce , l1 ", {"mask": "bce", "": "l1"}),
    ],
)
def test_losses_by_task(text: str, expected: dict[str, str]) -> None:
    assert split_losses(text) == expected


@pytest.mark.parametrize("text", ["", ",", "mask=", "=bce", "mask=bce,", "mask=bce,,depth=l1"])
def test_a_loss_that_stands_empty_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="has no task or no loss"):
        split_losses(text)


@pytest.mark.parametrize(
    ("text", "what"), [("mask=bce,mask=l1", "two losses for task `mask`"), ("l1,mse", "two losses without a task")]
)
def test_a_task_that_is_named_twice_is_refused(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        split_losses(text)
    assert "+" in caught.value.hint
