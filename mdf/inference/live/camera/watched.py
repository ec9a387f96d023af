"""One camera that is watched: its frames, its sinks, and what is counted of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from mdf.core.event import Event
from mdf.inference.live.camera.camera import Camera
from mdf.inference.live.capture.feed import Arrived, Feed
from mdf.inference.live.capture.messages import Wanted
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.metrics.numbers import CameraNumbers
from mdf.inference.live.objects.events import Events
from mdf.inference.live.settings.settings import CameraSettings


@dataclass
class Watched:
    """One camera with its feed.

    Attributes:
        settings: what is asked of it.
        feed: its frames.
        early: tells that it is lost, before its first frame has come.
        camera: the camera itself, once its first frame has come.
        waiting: a frame of a file that is played at its own speed, until it is due.
        frames, computed: frames that arrived, and those of which the network saw something.
        time: of its newest frame.
        delays: seconds from the arrival of a frame to its events, of the last frames; `delay_sum` of all.
        phases: phases of events that were told.
    """

    settings: CameraSettings
    feed: Feed
    sinks: Sequence[Delivery]
    early: Events
    camera: Camera | None = None
    waiting: Arrived | None = None
    frame_size: tuple[int, int] = (0, 0)
    frames: int = 0
    computed: int = 0
    lost_since: float | None = None
    gap_told: bool = False
    began: float = 0.0
    time: float = 0.0
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    delay_sum: float = 0.0
    phases: int = 0

    def __post_init__(self) -> None:
        self.feed.wanted = self._wanted

    @property
    def counts(self) -> dict[str, float]:
        """Frames that arrived, were passed over, and were computed; how often the source was opened; `p95_ms`, the
        milliseconds from a frame's arrival to its events that 95 % of the last 1000 frames took at most."""
        delays = sorted(self.delays.copy())
        p95 = delays[min(len(delays) - 1, int(0.95 * len(delays)))] if delays else 0.0
        return {
            "frames": self.frames,
            "passed_over": self.feed.passed_over,
            "computed": self.computed,
            "opened": self.feed.opened,
            "p95_ms": round(1000 * p95, 1),
        }

    @property
    def numbers(self) -> CameraNumbers:
        """The same and more, as metrics tell it. May be called from any thread."""
        return CameraNumbers(
            frames=self.frames,
            computed=self.computed,
            passed_over=self.feed.passed_over,
            opened=self.feed.opened,
            is_up=self.camera is not None and self.lost_since is None and not self.feed.ended,
            health=None if self.camera is None else self.camera.scene.health,
            events=self.phases,
            delays=tuple(self.delays.copy()),
            delay_sum=self.delay_sum,
        )

    @property
    def _wanted(self) -> Wanted:
        """What its sinks want of each frame now."""
        return Wanted(any(sink.wants_views for sink in self.sinks), any(sink.wants_footage for sink in self.sinks))

    def ask(self) -> None:
        """Ask for one more frame."""
        self.feed.wanted = self._wanted
        self.feed.ask()

    def lost(self, is_lost: bool, why: str, now: float) -> Sequence[Event]:
        """The source dropped, or came back, at `time.monotonic()` = `now`."""
        if self.camera is not None:
            return self.camera.lost(is_lost, why, time.time())
        tried = self.feed.tried_for(now)
        return list(self.early.condition("camera lost", is_lost, tried, time.time(), {"why": why}, "back"))

    def end(self, reason: str) -> Sequence[Event]:
        """The open events end."""
        if self.camera is not None:
            return self.camera.end(reason, time.time())
        return list(self.early.end_all(reason, self.feed.tried_for(time.monotonic()), time.time()))
