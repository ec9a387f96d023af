"""Plugins that follow studies: who may, what is refused, and that only they can fail."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from mdf.core.errors import PluginError, UnknownNameError
from mdf.core.hooks import LIFE_CYCLE_HOOKS, LifeCycle
from mdf.registry import Catalog, Listener

PluginFile = Callable[[str, str], str]


def follower(plugin_file: PluginFile, name: str, body: str, arguments: str = "study") -> Catalog:
    source = f"@hookimpl\ndef mdf_study_start({arguments}):\n    {body}\n"
    return Catalog.discover([plugin_file(name, source)])


def only(catalog: Catalog) -> Listener:
    (listener,) = catalog.listeners
    return listener


def test_every_life_cycle_hook_is_specified() -> None:
    assert tuple(name for name in vars(LifeCycle) if name.startswith("mdf_")) == LIFE_CYCLE_HOOKS


def test_a_plugin_may_follow_studies_and_offer_nothing(plugin_file: PluginFile) -> None:
    catalog = follower(plugin_file, "follows_only", "pass")
    assert not catalog.faults
    assert only(catalog).plugin == "follows_only"
    assert not pickle.loads(pickle.dumps(catalog)).listeners  # it follows in the process that the user started


def test_built_ins_follow_nothing_unasked() -> None:
    assert not Catalog.discover().listeners


@pytest.mark.parametrize(
    ("name", "source", "error", "hint"),
    [
        ("close_hook", "@hookimpl\ndef mdf_trial_ends(trial): pass", "`mdf_trial_ends`", "`mdf_trial_end`"),
        ("stray_told", "@hookimpl\ndef mdf_trial_end(trail): pass", "{'trail'}", "tell its authors"),
        ("no_mark", "def mdf_trial_end(trial): pass", "`mdf_trial_end` is not marked", "@mdf.core.hooks.hookimpl"),
    ],
)
def test_a_life_cycle_hook_that_is_not_ours_is_a_fault(
    name: str, source: str, error: str, hint: str, plugin_file: PluginFile
) -> None:
    catalog = Catalog.discover([plugin_file(name, source)])
    (fault,) = catalog.faults
    assert (fault.plugin, fault.stage) == (name, "register")
    assert error in fault.error
    assert hint in fault.hint
    assert ".py:" not in fault.error, "no file of mdf or pluggy is to blame"
    assert not catalog.listeners


@pytest.mark.parametrize(
    ("body", "error"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("raise SystemExit(3)", "SystemExit: 3")],
)
def test_a_hook_that_fails_is_a_fault_naming_its_plugin(body: str, error: str, plugin_file: PluginFile) -> None:
    name = f"fails_{len(body)}"
    fault = only(follower(plugin_file, name, body)).call("mdf_study_start", study=None)
    assert fault is not None
    assert fault.plugin == name
    assert fault.error.startswith(error)
    assert f"{name}.py:" in fault.error


def test_ctrl_c_passes(plugin_file: PluginFile) -> None:
    listener = only(follower(plugin_file, "ctrl_c", "raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        listener.call("mdf_study_start", study=None)


def test_what_a_hook_prints_stays_out_of_the_result(
    plugin_file: PluginFile, capsys: pytest.CaptureFixture[str]
) -> None:
    listener = only(follower(plugin_file, "prints", "print('hello')"))
    assert listener.call("mdf_study_start", study=None) is None
    assert listener.call("mdf_study_end", study=None, end=None) is None
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


LOGGER = """
from mdf.core.logger import Logger

class Good(Logger):
    @hookimpl
    def mdf_study_start(self, study): study.append(self)

class Deaf(Logger):
    "Hears nothing."

class Misspelt(Logger):
    @hookimpl
    def mdf_study_begin(self, study): pass

@hookimpl
def mdf_loggers():
    return [Spec(n.lower(), f"NAME:{n}", "A logger.") for n in ("Good", "Deaf", "Misspelt")]
"""


def test_a_logger_follows_when_it_is_asked_for(plugin_file: PluginFile) -> None:
    catalog = Catalog.discover([plugin_file("loggers_here", LOGGER.replace("NAME", "loggers_here"))])
    assert not catalog.faults
    assert not catalog.listeners
    heard: list[object] = []
    listener = catalog.logger("good", {})
    assert listener.plugin == "good"
    assert listener.call("mdf_study_start", study=heard) is None
    assert len(heard) == 1
    for name, error in (("deaf", "implements no hook"), ("misspelt", "there is no hook `mdf_study_begin`")):
        with pytest.raises(PluginError) as told:
            catalog.logger(name, {})
        assert f"logger `{name}` of plugin `loggers_here`" in told.value.message
        assert error in told.value.message
    with pytest.raises(UnknownNameError, match="no logger is called `godo`"):
        catalog.logger("godo", {})
