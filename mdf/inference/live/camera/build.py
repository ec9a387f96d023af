"""Makes a camera of its settings."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from mdf.core.errors import ConfigError
from mdf.core.image import Pixels, read_image
from mdf.core.recording import Recording
from mdf.core.spread import spread
from mdf.inference.live.camera.camera import Camera
from mdf.inference.live.camera.known import Known
from mdf.inference.live.camera.rules import rules_of
from mdf.inference.live.capture.child import scaled
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.network.network import LiveNetwork
from mdf.inference.live.objects.events import Events
from mdf.inference.live.objects.follow import Objects
from mdf.inference.live.objects.metric import Metric
from mdf.inference.live.objects.still import Still
from mdf.inference.live.picture.background import Background
from mdf.inference.live.picture.estimate import estimate_background
from mdf.inference.live.picture.gate import Gate
from mdf.inference.live.picture.scene import Scene
from mdf.inference.live.settings.settings import CameraSettings
from mdf.inference.video import player_of
from mdf.registry import Catalog

AUTO, FIRST = "auto", "first"
ESTIMATED_FROM = 25
"""Frames that the background of a recording is estimated from."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of a camera when its first frame has come.

    Attributes:
        live: whether its source is live.
        frame_size: (height, width) of its frames.
        first: the first frame, h×w×3 uint8 at the network's size.
    """

    live: bool
    frame_size: tuple[int, int]
    first: Pixels


def make_camera(
    name: str,
    settings: CameraSettings,
    network: LiveNetwork,
    catalog: Catalog,
    sinks: Sequence[Delivery],
    start: Start,
    known: Known,
    token: str,
) -> Camera:
    """The camera of these settings.

    Raises
        MdfError: a background or a mask cannot be read, or is of another size; an option is wrong.
    """
    rules = rules_of(settings, network.size, start.frame_size)
    aspect = start.frame_size[1] / start.frame_size[0]
    metric = Metric(network.guided, known.camera, aspect)
    given = given_background(settings, network.size, start, catalog)
    tracker = catalog.create("tracker", settings.tracker, dict(settings.tracker_options))
    return Camera(
        name=name,
        network=network,
        scene=Scene(network, Background(given, settings.learn), start.live, known.depth),
        gate=Gate(network.size, network.multiple, settings.gate == "auto"),
        objects=Objects(tracker, rules.zones, metric.scale(None, None), settings.cool_off),
        still=Still(settings.absorb, settings.stopped == "keep"),
        events=make_events(name, settings, token),
        rules=rules,
        metric=metric,
        sinks=sinks,
    )


def make_events(name: str, settings: CameraSettings, token: str) -> Events:
    """What tells the events of a camera; `token` makes their ids unique."""
    return Events(
        name,
        token,
        appear=settings.appear,
        cool_off=settings.cool_off,
        update=settings.update,
        crowd=settings.crowd,
        schedule=settings.schedule,
    )


def given_background(settings: CameraSettings, size: tuple[int, int], start: Start, catalog: Catalog) -> Pixels | None:
    """The empty scene at the network's size, as the settings name it; None = it is learned while watching.

    Raises
        DataError: it cannot be read, or is of another size than the frames.
        ConfigError: the number of a frame is given, and the source is no file.
    """
    given, file = settings.background, Path(settings.source).expanduser()
    if given == FIRST:
        return start.first
    if given == AUTO or given.isdecimal():
        if file.is_file() and not start.live:
            return scaled(_recorded(file, given, catalog), size)
        if given == AUTO:
            return None
        raise ConfigError(
            f"frame {given} cannot be the background: {settings.source} is no file", "give an image, `auto` or `first`"
        )
    return scaled(read_image(Path(given).expanduser(), "RGB", start.frame_size, "the camera's picture"), size)


def _recorded(file: Path, background: str, catalog: Catalog) -> Pixels:
    """The background of a recording: one of its frames, or estimated from frames spread over it."""
    name = player_of(file, catalog).full_name
    options = {"background": int(background) if background.isdecimal() else 0}
    recording = catalog.create("dataset", f"{name}:{file}", options)
    assert isinstance(recording, Recording)
    if background.isdecimal():
        return _array(recording.read([0]).bg[0])
    frames = [_array(recording.read([number]).fg_bg[0]) for number in spread(len(recording), ESTIMATED_FROM)]
    return estimate_background(frames)[0]


def _array(image: Tensor) -> Pixels:
    """3×H×W uint8 → H×W×3."""
    pixels: Pixels = image.permute(1, 2, 0).contiguous().numpy()
    return pixels


def token_of(settings: CameraSettings, run: str, plugins: Sequence[str], live: bool) -> str:
    """What makes the ids of events unique: the time for a live source. The same file watched in the same way gives the
    same ids, so that a sink that has them already does not take them twice."""
    if live:
        now = time.time()
        return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}{int(now % 1 * 1000):03d}Z"
    path = Path(settings.source).expanduser()
    about = path.stat() if path.exists() else None
    stamp = (about.st_size, about.st_mtime_ns) if about and path.is_file() else time.time_ns()
    told = settings.model_dump_json(exclude={"events", "out", "record", "snapshots"})
    return hashlib.blake2b(repr((told, run, tuple(plugins), stamp)).encode(), digest_size=5).hexdigest()
