"""A page of two made-up cameras, without a network behind it."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the page needs the extra `page`")

from mdf.core.event import Event, TrackedObject
from mdf.core.sink import View, ZoneShape
from mdf.inference.live.page.controls import CameraFacts
from mdf.inference.live.page.server import Page
from mdf.inference.live.settings.settings import CameraSettings, WatchSettings
from mdf.inference.live.settings.zones import Zone

SOURCE = "rtsp://admin:hidden-word@10.0.0.9/stream?token=hidden-word"
COUNTS = {"frames": 10.0, "passed_over": 1.0, "computed": 4.0, "opened": 1.0, "p95_ms": 12.5}
WALKER = TrackedObject(
    3,
    (0.4, 0.3, 0.5, 0.9),
    0.05,
    outline=((0.4, 0.3), (0.5, 0.3), (0.5, 0.9), (0.4, 0.9)),
    depth=4.21,
    depth_unit="m",
    speed=1.1,
    speed_unit="m/s",
)


@dataclass
class Watch:
    """What a page needs of a watch: remembers the zones that are drawn."""

    file: str = "street.toml"
    zones: dict[str, Mapping[str, str]] = field(
        default_factory=lambda: {"yard": {"door": "0.1,0.4,0.3,0.9"}, "gate": {}}
    )

    def facts(self) -> Sequence[CameraFacts]:
        return [CameraFacts(name, SOURCE, zones, COUNTS) for name, zones in self.zones.items()]

    def draw(self, camera: str, zones: Mapping[str, str]) -> bool:
        self.zones[camera] = {name: shape for name, shape in zones.items() if Zone.of(name, shape)}
        return bool(self.file)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Served:
    """A page that serves."""

    page: Page
    watch: Watch
    number: int = 0

    @property
    def port(self) -> int:
        return int(self.page.url.rpartition(":")[2].strip("/"))

    @property
    def token(self) -> str:
        found = re.search(r'name="mdf-token" content="([^"]+)"', self.ask("GET", "/").body.decode())
        assert found is not None
        return found[1]

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = body if isinstance(body, (str, type(None))) else json.dumps(body)
        kind = {} if isinstance(body, (str, type(None))) else {"Content-Type": "application/json"}
        connection.request(method, path, data, {**kind, **(headers or {})})
        answer = connection.getresponse()
        made = Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        connection.close()
        return made

    def show(self, camera: str = "yard", objects: Sequence[TrackedObject] = (WALKER,), **keys: Any) -> None:
        """Let the camera's next frame come."""
        zones = [ZoneShape(name, Zone.of(name, shape).corners) for name, shape in self.watch.zones[camera].items()]
        pixels = np.full((180, 320, 3), 40 + self.number % 100, np.uint8)
        depth = np.linspace(2, 8, 90 * 160, dtype=np.float32).reshape(90, 160)
        view = View(camera, self.number, self.number / 10, 1.8e9, pixels, depth=depth, depth_unit="m", zones=zones)
        made = {"depth_limits": (2.0, 8.0), "objects": objects, **keys}
        self.page.board.view(replace(view, **made))
        self.number += 1

    def tell(self, number: int, phase: Any, kind: Any = "appeared", camera: str = "yard", **keys: Any) -> None:
        sequence = 0 if phase == "begin" else 1
        about = None if kind.startswith("camera") else WALKER
        self.page.board.event(
            Event(f"{camera}-{number}", sequence, phase, kind, camera, 1.0, 1.8e9, object=about, **keys)
        )


def serve(monkeypatch: pytest.MonkeyPatch, token: str | None = None) -> Iterator[Served]:
    if token is None:
        monkeypatch.delenv("MDF_PAGE_TOKEN", raising=False)
    else:
        monkeypatch.setenv("MDF_PAGE_TOKEN", token)
    watch = Watch()
    settings = WatchSettings(page=":0", cameras={name: CameraSettings(source="0") for name in watch.zones})
    page = Page(settings, watch)
    page.start()
    yield Served(page, watch)
    page.close()
