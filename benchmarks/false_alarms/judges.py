"""What tells events of a film: OpenCV's MOG2 with contours, and `mdf watch` with and without its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import cv2
import numpy as np

from mdf.core.event import Event
from mdf.core.tracker import Box, Detection
from mdf.inference.live.camera.build import Start, make_camera
from mdf.inference.live.camera.known import Known
from mdf.inference.live.capture.child import scaled
from mdf.inference.live.capture.feed import Arrived
from mdf.inference.live.network.network import LiveNetwork
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.events import Events
from mdf.inference.live.objects.follow import Objects, Scale
from mdf.inference.live.settings.settings import CameraSettings
from mdf.registry import Catalog

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
WIDTH, LEAST = 320, 205
"""Width of the picture that MOG2 is given, and pixels that a contour must have: 0.27 %, as 500 of a picture that is 500
wide, which tutorials have."""
DEFAULTS = CameraSettings(source="film")


@dataclass(frozen=True)
class Told:
    """An event that began: when, at which frame, and where."""

    time: float
    number: int
    box: Box


class Judge(Protocol):
    """Takes the frames of one film."""

    def step(self, number: int, time: float, frame: Pixels) -> None:
        """Take a frame H×W×3 uint8 RGB."""

    @property
    def told(self) -> Mapping[str, list[Told]]:
        """What was told, by the name of a column."""


@dataclass
class Mog2:
    """MOG2 with its own defaults, an opening, two dilations, and contours of `LEAST` pixels and more.

    `mog2`: its contours are followed by the tracker of `mdf watch`, and become events by the same rules. `mog2 alarms`:
    an alarm begins with the first contour, and ends when there was none for as long as `mdf watch` waits.
    """

    aspect: float
    told: dict[str, list[Told]] = field(default_factory=lambda: {"mog2": [], "mog2 alarms": []})

    def __post_init__(self) -> None:
        self._subtractor = cv2.createBackgroundSubtractorMOG2()
        tracker = Catalog.discover().create("tracker", DEFAULTS.tracker, {})
        self._objects = Objects(tracker, [], Scale(aspect=self.aspect), DEFAULTS.cool_off)
        self._events = Events(
            "film", "mog2", appear=DEFAULTS.appear, cool_off=DEFAULTS.cool_off, update=0.0, crowd=None, schedule=()
        )
        self._alarm = -1e9

    def step(self, number: int, time: float, frame: Pixels) -> None:
        """See `Judge`."""
        height = round(frame.shape[0] * WIDTH / frame.shape[1])
        small = frame if frame.shape[1] == WIDTH else cv2.resize(frame, (WIDTH, height))
        mask = (self._subtractor.apply(small[..., ::-1]) == 255).astype(np.uint8)
        mask = cv2.dilate(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), None, iterations=2)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        found = [_found(contour, (height, WIDTH)) for contour in contours if cv2.contourArea(contour) >= LEAST]
        if found and number:  # the first frame is all foreground
            if time - self._alarm > DEFAULTS.cool_off:
                self.told["mog2 alarms"].append(Told(time, number, (0.0, 0.0, 1.0, 1.0)))
            self._alarm = time
        objects = self._objects.step(found if number else [], time, (height, WIDTH))
        events = self._events.step(objects, self._objects.last_seen(), time, time)
        self.told["mog2"] += _begun(events, "appeared", number)


def _found(contour: np.ndarray[Any, Any], size: tuple[int, int]) -> Found:
    left, top, width, height = cv2.boundingRect(contour)
    box = left / size[1], top / size[0], (left + width) / size[1], (top + height) / size[0]
    area = cv2.contourArea(contour) / (size[0] * size[1])
    return Found(Detection(box, area, float("nan")), top, left, np.ones((height, width), bool))


class OwnScene:
    """The camera's scene with nothing that looks after it: the background stays as it was given."""

    state, health, fits = "watching", 1.0, True

    def __init__(self, scene: Any) -> None:
        self.pixels, self.empty, self.version = scene.pixels, scene.empty, scene.version
        self.empty_depth, self.depth_limits = scene.empty_depth, scene.depth_limits

    def step(self, *_: object) -> Iterator[Any]:
        """Say nothing of the whole picture."""
        return iter(())

    def freshen(self, *_: object) -> None:
        """Leave the background as it is."""

    absorb = freshen


class Mdf:
    """A camera of `mdf watch`, with or without its gate and what looks after its scene."""

    def __init__(self, name: str, network: LiveNetwork, zone: str, background: Pixels | None, gate: bool, care: bool):
        self._name, self._network, self._background, self._care = name, network, background, care
        options = {"zones": {"zone": zone}} if care else {}
        self._settings = CameraSettings(source="film", gate="auto" if gate else "off", **options)
        self._camera: Any = None
        self.computed = self.frames = 0
        self.told: dict[str, list[Told]] = {name: []} | ({f"{name}, zone": [], "of the picture": []} if care else {})

    def step(self, number: int, time: float, frame: Pixels) -> None:
        """See `Judge`."""
        small = scaled(frame, self._network.size)
        arrived = Arrived(number, 0, time, time, time, (frame.shape[0], frame.shape[1]), small, None)
        if self._camera is None:
            self._camera = self._make(arrived)
        question, told = self._camera.look(arrived)
        answer = self._network.answer([question])[0] if question is not None else None
        told = [*told, *self._camera.finish(arrived, question, answer, True)]
        self.frames, self.computed = self.frames + 1, self.computed + (question is not None)
        self.told[self._name] += _begun(told, "appeared", number)
        if self._care:
            self.told[f"{self._name}, zone"] += _begun(told, "in zone", number)
            whole = [e for e in told if e.object is None and e.phase == "begin"]
            self.told["of the picture"] += [Told(e.time, number, (0.0, 0.0, 1.0, 1.0)) for e in whole]

    def _make(self, first: Arrived) -> Any:
        start = Start(True, first.frame_size, first.small)
        settings = self._settings
        if not self._care:
            settings = settings.model_copy(update={"background": "first", "absorb": None})
        known = Known(None, None)
        camera: Any = make_camera("film", settings, self._network, Catalog.discover(), [], start, known, "token")
        if self._background is not None:
            camera.scene._background.replace(scaled(self._background, self._network.size))
        if not self._care:
            camera.scene = OwnScene(camera.scene)
            camera._still, camera._doubts = _Never(), _Believes()
        return camera


class _Never:
    gone: frozenset[int] = frozenset()

    def judge(self, *_: object) -> Iterator[Any]:
        """Nothing is absorbed, and no ghost is healed."""
        return iter(())


class _Believes:
    doubted: frozenset[int] = frozenset()

    def step(self, *_: object) -> None:
        """Nothing is doubted."""


def _begun(events: Iterator[Event] | list[Event], kind: str, number: int) -> list[Told]:
    return [
        Told(e.time, number, e.object.box)
        for e in events
        if (e.kind, e.phase) == (kind, "begin") and e.object is not None
    ]


def judges(network: LiveNetwork, aspect: float, zone: str, background: Pixels | None) -> list[Any]:
    """All that are compared."""
    return [
        Mog2(aspect),
        Mdf("network", network, zone, background, gate=False, care=False),
        Mdf("mdf watch", network, zone, background, gate=True, care=True),
    ]
