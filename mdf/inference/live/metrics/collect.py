"""Counts and states of a watch as Prometheus metrics, read when they are asked for. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mdf.core.event import Event
from mdf.core.footage import Footage
from mdf.core.sink import View
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.metrics.numbers import CameraNumbers, Numbers

QUANTILES = (0.5, 0.9, 0.95, 0.99)
KINDS: Mapping[type[Event] | type[View] | type[Footage], str] = {Event: "events", View: "views", Footage: "footage"}


class WatchCollector(Collector):
    """Turns the numbers of a watch into metrics, each time that they are asked for."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterable[Metric]:
        """All metrics."""
        yield from _of_cameras(self._numbers.camera_numbers())
        yield from _of_sinks(self._numbers.deliveries())


def registry_of(numbers: Numbers) -> CollectorRegistry:
    """The metrics of a watch, and those of its process: memory, processor time, open files."""
    registry = CollectorRegistry()
    registry.register(WatchCollector(numbers))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _of_cameras(cameras: Mapping[str, CameraNumbers]) -> Iterable[Metric]:
    counters: Sequence[tuple[str, str, Callable[[CameraNumbers], int]]] = (
        ("mdf_frames_read", "Frames that arrived.", lambda one: one.frames),
        ("mdf_frames_computed", "Frames of which the network saw something.", lambda one: one.computed),
        ("mdf_frames_passed_over", "Frames that were passed over for newer ones.", lambda one: one.passed_over),
        ("mdf_reconnects", "How often the source was opened again.", lambda one: max(0, one.opened - 1)),
        ("mdf_event_phases", "Phases of events that were told.", lambda one: one.events),
    )
    for name, text, value in counters:
        counter = CounterMetricFamily(name, text, labels=["camera"])
        for camera, one in cameras.items():
            counter.add_metric([camera], value(one))
        yield counter
    up = GaugeMetricFamily("mdf_camera_up", "Whether the source gives frames.", labels=["camera"])
    health = GaugeMetricFamily("mdf_camera_health", "Whether the picture fits its background, 0-1.", labels=["camera"])
    latency = Metric("mdf_latency_seconds", "From the arrival of a frame to its events.", "summary")
    for camera, one in cameras.items():
        up.add_metric([camera], one.is_up)
        if one.health is not None:
            health.add_metric([camera], one.health)
        ordered = sorted(one.delays)
        for share in QUANTILES if ordered else ():
            at = ordered[min(len(ordered) - 1, int(share * len(ordered)))]
            latency.add_sample("mdf_latency_seconds", {"camera": camera, "quantile": str(share)}, at)
        latency.add_sample("mdf_latency_seconds_count", {"camera": camera}, one.frames)
        latency.add_sample("mdf_latency_seconds_sum", {"camera": camera}, one.delay_sum)
    yield from (up, health, latency)


def _of_sinks(sinks: Sequence[Delivery]) -> Iterable[Metric]:
    up = GaugeMetricFamily("mdf_sink_up", "Whether the sink took what it was given last.", labels=["sink"])
    waiting = GaugeMetricFamily("mdf_sink_waiting", "What waits for the sink.", labels=["sink", "items"])
    dropped = CounterMetricFamily("mdf_sink_dropped", "What the sink did not get.", labels=["sink", "items"])
    for sink in sinks:
        up.add_metric([sink.name], sink.works)
        for kind, name in KINDS.items():
            waiting.add_metric([sink.name, name], sink.waiting(kind))
            dropped.add_metric([sink.name, name], sink.dropped[kind])
    yield from (up, waiting, dropped)
