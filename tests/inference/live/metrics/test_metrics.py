"""Metrics over HTTP, read by Prometheus' own parser."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest

pytest.importorskip("prometheus_client", reason="metrics need the extra `metrics`")

from prometheus_client.parser import text_string_to_metric_families

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError
from mdf.core.event import Event
from mdf.core.sink import Sink
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.metrics.numbers import CameraNumbers
from mdf.inference.live.metrics.server import MetricsServer


class Made:
    """Numbers of two cameras and one sink."""

    def __init__(self) -> None:
        self.delivery = Delivery("hook:https://host/secret-path", Sink(ComponentConfig(), ""))

    def camera_numbers(self) -> Mapping[str, CameraNumbers]:
        delays = tuple(np.linspace(0.001, 0.1, 100))
        yard = CameraNumbers(100, 40, 7, 3, True, 0.9, 12, delays, 5.05)
        return {"yard": yard, 'door "2"\n': CameraNumbers(0, 0, 0, 1, False, None, 0, (), 0.0)}

    def deliveries(self) -> Sequence[Delivery]:
        return [self.delivery]


@pytest.fixture
def made() -> Iterator[Made]:
    made = Made()
    yield made
    made.delivery.close()


def ask(port: int, headers: Mapping[str, str] | None = None) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=dict(headers or {}))
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_prometheus_reads_what_is_counted(made: Made) -> None:
    made.delivery.dropped[Event] = 3
    server = MetricsServer(":0", None, made)
    text = ask(server.port)
    server.close()
    assert "secret-path" not in text
    families = list(text_string_to_metric_families(text))
    assert {family.name: family.type for family in families}["mdf_latency_seconds"] == "summary"
    found = {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}
    assert found["mdf_frames_read_total", "yard"] == 100
    assert found["mdf_frames_computed_total", "yard"] == 40
    assert found["mdf_frames_passed_over_total", "yard"] == 7
    assert found["mdf_reconnects_total", "yard"] == 2
    assert found["mdf_event_phases_total", "yard"] == 12
    assert found["mdf_camera_up", "yard"] == 1
    assert found["mdf_camera_up", 'door "2"\n'] == 0
    assert found["mdf_camera_health", "yard"] == 0.9
    assert found["mdf_latency_seconds", "0.95", "yard"] == pytest.approx(0.096)
    assert found["mdf_latency_seconds_count", "yard"] == 100
    assert found["mdf_sink_dropped_total", "events", "hook:https://host/…"] == 3
    assert found["mdf_sink_waiting", "footage", "hook:https://host/…"] == 0
    assert found["process_resident_memory_bytes",] > 1e6


def test_only_this_machine_unless_there_is_a_token(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="can be read by other machines"):
        MetricsServer("0.0.0.0:0", None, made)
    monkeypatch.setenv("MDF_METRICS_TOKEN", "right")
    server = MetricsServer("0.0.0.0:0", None, made)
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(server.port, headers)
    assert "mdf_frames_read" in ask(server.port, {"Authorization": "Bearer right"})
    server.close()


def test_other_sites_cannot_read_it(made: Made) -> None:
    server = MetricsServer(":0", None, made)
    with pytest.raises(urllib.error.HTTPError, match="421"):
        ask(server.port, {"Host": f"evil.example:{server.port}"})
    assert "mdf_frames_read" in ask(server.port, {"Host": f"localhost:{server.port}"})
    with pytest.raises(ConfigError, match=r"cannot listen at 127\.0\.0\.1"):
        MetricsServer(f":{server.port}", None, made)
    server.close()
