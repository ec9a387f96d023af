"""A loss that works for any task: what its bare name means, and whom it may be given to."""

from __future__ import annotations

import pytest

from mdf.core.errors import ConfigError
from mdf.core.spec import Spec
from mdf.registry import Catalog
from mdf.study.request.resolve import read_losses

CATALOG = Catalog.discover()


@pytest.mark.parametrize(
    ("text", "tasks", "expected"),
    [
        ("l1", ["mask", "depth"], {"depth": "l1"}),
        ("l1", ["mask", "flow"], {"mask": "l1"}),
        ("l1", ["flow"], {"flow": "l1"}),
        ("dice", ["depth", "mask"], {"mask": "dice"}),
        ("flow=huber", ["flow", "depth"], {"flow": "huber"}),
    ],
)
def test_a_bare_loss_means_what_it_is_made_for_first(text: str, tasks: list[str], expected: dict[str, str]) -> None:
    assert read_losses(text, tasks, CATALOG) == expected


@pytest.mark.parametrize(("text", "tasks"), [("l1", ["flow", "heat"]), ("dice", ["flow"])])
def test_where_it_is_not_clear_the_task_must_be_named(text: str, tasks: list[str]) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_losses(text, tasks, CATALOG)
    assert f"flow={text}" in refusal.value.hint


def test_a_line_tells_whom_it_suits() -> None:
    bound, open_, free = (
        Spec("a", "b:C", "d", tasks=("mask",)),
        Spec("a", "b:C", "d", tasks=("mask",), any_task=True),
        Spec("a", "b:C", "d"),
    )
    assert [spec.suits("flow") for spec in (bound, open_, free)] == [False, True, True]
    assert [spec.tasks_label for spec in (bound, open_, free)] == ["mask", "mask, any", "any"]
