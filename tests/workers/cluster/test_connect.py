"""The executor that a user names, and what is said where there is no Ray."""

from __future__ import annotations

import builtins
import socket
import sys
from types import ModuleType
from typing import Any

import pytest

from mdf.core.errors import ConfigError, MdfError
from mdf.workers.cluster import ping
from mdf.workers.cluster.connect import check_address, connect, import_ray
from mdf.workers.open import open_executor


@pytest.mark.parametrize("name", ["local", "ray", "ray://head:10001", "ray://10.0.0.1:10001"])
def test_these_are_executors(name: str) -> None:
    check_address(name)


@pytest.mark.parametrize("name", ["", "slurm", "ray:", "ray://", "ray://head", "ray://:1", "http://head:10001"])
def test_others_are_not(name: str) -> None:
    with pytest.raises(ConfigError, match="is no executor"):
        check_address(name)


def test_without_ray_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **keys: Any) -> Any:
        if name == "ray":
            raise ModuleNotFoundError("No module named 'ray'")
        return real(name, *args, **keys)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MdfError, match="needs Ray, which cannot be imported") as caught:
        import_ray()
    assert caught.value.hint == 'pip install "mask-depth-framework[ray]"'


def test_a_cluster_that_is_not_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: Ray itself would try for minutes."""
    ray: Any = ModuleType("ray")
    ray.is_initialized = lambda: False
    monkeypatch.setitem(sys.modules, "ray", ray)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(MdfError, match=f"no Ray cluster could be reached at `ray://{place}`") as caught:
        connect(f"ray://{place}")
    assert "client port" in caught.value.hint
    monkeypatch.setenv("RAY_ADDRESS", place)
    with pytest.raises(MdfError, match=f"at `{place}`") as caught:
        connect("ray")
    assert "ray start --head" in caught.value.hint


def test_a_port_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    monkeypatch.setattr(ping, "ANSWERS_WITHIN", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"ray://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MdfError, match=f"no Ray cluster could be reached at `{place}`"):
            connect(place)


def test_a_machine_that_is_no_node_is_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself would wait for a node for a minute."""
    services = pytest.importorskip("ray._private.services", reason="the extra `ray` is not installed")
    monkeypatch.setattr("mdf.workers.cluster.connect.ping", lambda _: None)
    monkeypatch.setattr(services, "find_node_ids", set)
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    with pytest.raises(MdfError, match="`head:6379`: this machine is no node of it") as caught:
        connect("ray")
    assert "--executor ray://HEAD:10001" in caught.value.hint


class FlakyRay(ModuleType):
    """Its client server fails to start a process for a client, a number of times."""

    def __init__(self, failures: int) -> None:
        super().__init__("ray")
        self.failures, self.starts = failures, 0

    def is_initialized(self) -> bool:
        return False

    def init(self, address: str, **_: Any) -> None:  # noqa: ARG002
        self.starts += 1
        if self.starts <= self.failures:
            raise ConnectionAbortedError(
                "Initialization failure from server:\nTraceback (most recent call last):\n  File ...\n"
                "RuntimeError: Starting Ray client server failed."
            )


@pytest.mark.parametrize("failures", [0, 2])
def test_a_client_server_that_fails_to_start_is_asked_again(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    ray = FlakyRay(failures)
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr("mdf.workers.cluster.connect.ping", lambda _: None)
    assert connect("ray://head:10001") is ray
    assert ray.starts == failures + 1


def test_one_that_always_fails_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", FlakyRay(99))
    monkeypatch.setattr("mdf.workers.cluster.connect.ping", lambda _: None)
    with pytest.raises(MdfError, match="`ray://head:10001`: RuntimeError: Starting Ray client server failed"):
        connect("ray://head:10001")


def test_this_machine_is_the_default_executor() -> None:
    with open_executor("local") as executor:
        assert not executor.is_remote
