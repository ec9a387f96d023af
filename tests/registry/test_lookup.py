"""Names: the bare one, the full one, and errors that teach."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError, MdfError, UnknownNameError
from mdf.core.grammar import Reference
from mdf.core.spec import KINDS, Spec
from mdf.registry import Catalog, Fault, Offer
from mdf.registry.discovery.find import find
from mdf.registry.lookup import look_up, shortest

CATALOG = Catalog(find((), {}))


def offer(name: str, owner: str = "", kind: str = "loss", variant: str = "") -> Offer:
    return Offer("plug", owner, "1", kind, Spec(name, "a:B", "A line.", variant=variant))


FAULT = Fault("wave", "wave-losses", "2.0", "load", "ImportError: no wave", "install it")


@pytest.mark.parametrize(
    ("kind", "name", "message", "hints"),
    [
        ("encoder", "resnt18", "no encoder is called `resnt18`", ["resnet18 (built in)", "--kind encoder"]),
        ("encoder", "res", "no encoder", ["resnet18"]),
        ("loss", "iou", "no loss is called `iou`", ["there is a metric of that name"]),
        ("loss", "nobody/l1", "`nobody/l1`", ["l1 (built in)"]),
        ("loss", "zzz", "no loss", ["mdf plugins list --kind loss"]),
        ("los", "l1", "`los` is not a kind", ["did you mean `loss`?"]),
        ("losses", "l1", "`losses` is not a kind", ["did you mean `loss`?"]),
    ],
)
def test_an_unknown_name_tells_kind_neighbours_and_next_command(
    kind: str, name: str, message: str, hints: list[str]
) -> None:
    with pytest.raises(UnknownNameError) as told:
        CATALOG.find(kind, name)
    assert message in told.value.message
    assert all(hint in told.value.hint for hint in hints)


def test_an_error_never_lists_everything() -> None:
    offers = [offer(f"loss-{i}") for i in range(100)]
    with pytest.raises(UnknownNameError) as told:
        look_up("loss", Reference.parse("loss"), offers, [FAULT] * 20)
    assert len(told.value.hint) < 400


@pytest.mark.parametrize("name", ["wave", "wave-loss", "wave-losses/l1", "zzz"])
def test_a_fault_that_may_be_the_cause_is_told(name: str) -> None:
    with pytest.raises(UnknownNameError) as told:
        look_up("loss", Reference.parse(name), [offer("l1", "mask-depth-framework")], [FAULT])
    assert "ImportError: no wave" in told.value.hint


def test_a_fault_that_has_nothing_to_do_with_it_is_not() -> None:
    with pytest.raises(UnknownNameError) as told:
        look_up("loss", Reference.parse("l2"), [offer("l1", "mask-depth-framework")], [FAULT])
    assert "wave" not in told.value.hint


def test_a_plugin_that_was_asked_for_and_failed_is_always_told() -> None:
    asked = Fault("mine", "", "", "load", "SyntaxError: no", "mend it")
    with pytest.raises(UnknownNameError) as told:
        look_up("loss", Reference.parse("l2"), [offer("l1", "mask-depth-framework")], [asked])
    assert "SyntaxError: no" in told.value.hint


@pytest.mark.parametrize(
    ("kind", "text", "message", "hint"),
    [
        ("dataset", "cdnet", "needs its PATH after a colon", "`cdnet:PATH`"),
        ("loss", "l1:5", "takes nothing after a colon", "`l1`"),
        ("loss", "mask-depth-framework/l1:5", "takes nothing", "`mask-depth-framework/l1`"),
    ],
)
def test_a_variant_is_given_where_it_is_taken(kind: str, text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as told:
        CATALOG.find(kind, text)
    assert message in told.value.message
    assert hint in told.value.hint


def test_a_path_stays_whole_after_the_first_colon() -> None:
    assert CATALOG.find("dataset", "cdnet:/data/a:b/c").spec.name == "cdnet"


def test_a_family_can_be_looked_at_without_its_variant() -> None:
    assert CATALOG.named("dataset", "cdnet").usage == "cdnet:PATH"


def test_the_shortest_name_is_full_only_between_rivals() -> None:
    mine, theirs = offer("wave", "one"), offer("wave", "two", variant="X")
    assert shortest(mine, [mine]) == "wave"
    assert shortest(theirs, [mine, theirs]) == "two/wave:X"
    assert shortest(offer("wave", "mask-depth-framework"), [mine]) == "wave"


@given(st.sampled_from(KINDS), st.text(max_size=30))
def test_whatever_is_typed_is_found_or_told_in_mdfs_own_words(kind: str, text: str) -> None:
    try:
        found = CATALOG.find(kind, text)
    except MdfError as error:
        told = (error.message, error.hint)
    else:
        told = (found.kind, found.spec.name)
    assert all(told)


@given(st.data())
def test_every_offer_is_found_by_its_full_name(data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(list(CATALOG)))
    variant = ":x" if wanted.spec.variant else ""
    assert CATALOG.find(wanted.kind, wanted.full_name + variant) == wanted


def test_an_unknown_name_tells_which_plugins_are_left_out() -> None:
    catalog = Catalog(find(["soft_log", "other"], {"MDF_DISABLE_PLUGINS": "soft-log,Other,nobody"}))
    with pytest.raises(UnknownNameError) as told:
        catalog.find("loss", "soft-log")
    assert "left out by MDF_DISABLE_PLUGINS: Other, soft-log;" in told.value.hint
