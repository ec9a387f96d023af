"""The catalog as a whole, and the road from a name to a built component."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mdf.core.errors import ConfigError, DataError, PluginError
from mdf.core.spec import KINDS
from mdf.registry import Catalog
from mdf.registry import catalog as catalog_module
from mdf.registry.doctor import examine

PluginFile = Callable[[str, str], str]

PLUGIN = """
from mdf.core.schedule import Schedule

class Staged(Schedule):
    "Stages."

    class Config(ComponentConfig):
        stages: int = Field(3, ge=1, description="how many")
        order: Literal["up", "down"] = Field("up", description="which way")

    def __init__(self, config, *rest):
        super().__init__(config)
        self.rest = rest
        if config.stages == 7:
            raise DataError("seven", "take six")
        if config.stages == 8:
            print("noise")
            raise RuntimeError("eight")

    def phases(self, steps, tasks, size):
        return []

@hookimpl
def mdf_schedules():
    return [
        Spec("staged", "{module}:Staged", "Stages."),
        Spec("family", "{module}:Staged", "Stages of a variant.", variant="WHICH"),
    ]
"""


@pytest.fixture
def catalog(plugin_file: PluginFile, request: pytest.FixtureRequest) -> Catalog:
    module = f"staged_{abs(hash(request.node.name))}"
    return Catalog.discover([plugin_file(module, PLUGIN.replace("{module}", module))])


def test_every_built_in_line_leads_to_a_class_with_a_valid_default_config() -> None:
    faults, _ = examine(Catalog.discover())
    assert not [fault for fault in faults if fault.builtin]


def test_offers_are_sorted_and_of_every_kind() -> None:
    catalog = Catalog.discover()
    for kind in KINDS:
        names = [offer.spec.name for offer in catalog.offers(kind) if offer.builtin]
        assert names
        assert names == sorted(names)
    assert {offer.kind for offer in catalog} == set(KINDS)


def test_a_pickled_catalog_keeps_what_was_found(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker process loads no plugin to know what there is; a file is imported where its component is used."""
    carried = pickle.dumps(catalog)
    monkeypatch.delitem(sys.modules, catalog.find("schedule", "staged").plugin)
    monkeypatch.setattr(catalog_module, "load", lambda _: pytest.fail("the plugins are loaded again"))
    again = pickle.loads(carried)
    assert list(again) == list(catalog)
    assert (again.faults, again.notices, again.found) == (catalog.faults, catalog.notices, catalog.found)
    assert again.find("schedule", "staged").plugin not in sys.modules
    assert again.create("schedule", "staged", {"stages": 2}).config.stages == 2


def test_a_component_of_a_file_is_built_with_its_options(catalog: Catalog) -> None:
    assert not catalog.faults
    built = catalog.create("schedule", "staged", {"stages": 2}, "more")
    assert (built.config.stages, built.config.order, built.rest) == (2, "up", ("more",))
    config = catalog.config("schedule", "staged", {"order": "down"})
    assert catalog.create("schedule", "staged", config).config is config


def test_the_full_name_of_a_file_is_its_own_name(catalog: Catalog) -> None:
    found = catalog.find("schedule", "staged")
    assert catalog.find("schedule", f"{found.plugin}/staged") == found


HEADS = """
from mdf.core.head import Head

@hookimpl
def mdf_heads():
    lines = [("aaa", "mask"), ("flow", "flow"), ("eee", "flow")]
    return [Spec(name, "nowhere:Head", "A head.", tasks=(task,)) for name, task in lines]
"""


def test_the_head_that_knows_a_task_is_the_built_in_one_else_that_of_the_owner_or_of_its_name(
    plugin_file: PluginFile,
) -> None:
    files = [
        plugin_file("some_heads", HEADS),
        plugin_file("more_heads", HEADS.replace('"flow", "flow"', '"bbb", "flow"')),
    ]
    catalog = Catalog.discover(files)
    assert not catalog.faults

    def full_name(task: str, owner: str = "") -> str:
        head = catalog.head_for(task, owner)
        assert head is not None
        return head.full_name

    assert full_name("mask", "some_heads") == "mask-depth-framework/mask"
    assert full_name("flow") == "some_heads/flow"
    assert full_name("flow", "more_heads").startswith("more_heads/")
    assert catalog.head_for("heat") is None


def test_a_family_gets_its_variant_last(catalog: Catalog) -> None:
    assert catalog.create("schedule", "family:big:one", {}, 6).rest == (6, "big:one")


@pytest.mark.parametrize("text", ["things", "things:some/path"])
def test_a_data_set_gets_its_variant_right_after_its_config(plugin_file: PluginFile, text: str) -> None:
    wants = "variant='PATH'" if ":" in text else ""
    source = f"""
from mdf.core.dataset import Dataset

class Things(Dataset):
    def __init__(self, config, variant): self.variant = variant
    def __len__(self): return 0
    def native_size(self, index): raise NotImplementedError
    def read(self, indices): raise NotImplementedError
    def splits(self): raise NotImplementedError
    def fingerprint(self): return ""

@hookimpl
def mdf_datasets():
    return [Spec("things", "MODULE:Things", "Things.", {wants})]
"""
    module = f"things_{len(text)}"
    catalog = Catalog.discover([plugin_file(module, source.replace("MODULE", module))])
    assert catalog.create("dataset", text, {}).variant == text.partition(":")[2]


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"stagse": 2}, "schedule `staged` has no option `schedule.stagse`", "did you mean `stages`?"),
        ({"zzz": 2}, "schedule `staged` has no option `schedule.zzz`", "known: stages, order"),
        (
            {"stages": "many"},
            "schedule `staged`: `schedule.stages` = 'many': Input should be a valid integer",
            "mdf plugins show",
        ),
        (
            {"stages": 0},
            "schedule `staged`: `schedule.stages` = 0: Input should be greater than or equal to 1",
            "mdf plugins show",
        ),
        (
            {"order": "left"},
            "schedule `staged`: `schedule.order` = 'left': Input should be 'up' or 'down'",
            "mdf plugins show schedule",
        ),
        ({"stages": 0, "order": "left"}, "(and 1 more)", "mdf plugins show"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(catalog: Catalog, options: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as told:
        catalog.config("schedule", "staged", options)
    assert message in told.value.message
    assert hint in told.value.hint
    assert "\n" not in str(told.value.message + told.value.hint)


def test_a_wrong_option_is_told_where_it_was_written(catalog: Catalog) -> None:
    with pytest.raises(ConfigError, match=r"`trial 3: schedule\.stages` = 0"):
        catalog.config("schedule", "staged", {"stages": 0}, where="trial 3: schedule")


def test_a_components_own_error_passes_through(catalog: Catalog) -> None:
    with pytest.raises(DataError) as told:
        catalog.create("schedule", "staged", {"stages": 7})
    assert told.value.hint == "take six"


def test_a_constructor_that_fails_names_its_plugin(catalog: Catalog, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PluginError) as told:
        catalog.create("schedule", "staged", {"stages": 8})
    assert catalog.find("schedule", "staged").plugin in told.value.message
    assert "RuntimeError: eight" in told.value.message
    assert told.value.hint.startswith("check its options stages; else "), "a user's own option comes before a reinstall"
    assert capsys.readouterr().out == ""
