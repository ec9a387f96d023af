"""`mdf watch`: from cameras to events."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mdf.cli.as_json import print_json_line
from mdf.cli.camera import camera_options

if TYPE_CHECKING:
    from mdf.api import Event, Watching
    from mdf.cli.session import Session


@click.command()
@click.argument("run", required=False)
@click.argument("source", required=False)
@click.option("--background", metavar="auto|first|IMAGE|N", help="The empty scene; by default `auto`: it is learned.")
@click.option("--background-depth", metavar="FILE", help="Its depth, in metres (.npy) or millimetres (16-bit PNG).")
@camera_options
@click.option(
    "--events",
    multiple=True,
    metavar="TARGET",
    help="Also tell the events here: a file (.jsonl), an MQTT broker (mqtts://…), a web hook (https://…). Repeatable.",
)
@click.option(
    "--out",
    multiple=True,
    metavar="TARGET",
    help="An annotated video (.mp4), or a folder/ of masks and depths. Repeatable.",
)
@click.option("--record", multiple=True, metavar="FOLDER", help="Record a clip around each event. Repeatable.")
@click.option("--snapshots", multiple=True, metavar="FOLDER", help="Save a picture of each event. Repeatable.")
@click.option(
    "--zone",
    "zones",
    multiple=True,
    metavar="NAME=SHAPE",
    help="door=0.1,0.4,0.5,0.9, or a polygon x,y;x,y;x,y. Repeatable.",
)
@click.option(
    "--ignore", multiple=True, metavar="SHAPE|IMAGE", help="A part of the picture that does not count. Repeatable."
)
@click.option("--smallest", type=float, metavar="SHARE", help="Share of the picture that an object must have.")
@click.option("--absorb", metavar="TIME", help="Time after which what stands still has stopped, or `never`.")
@click.option("--crowd", type=int, metavar="N", help="Tell where so many objects are there at once.")
@click.option("--gate", type=click.Choice(["auto", "off"]), help="off: the network sees every frame as a whole.")
@click.option("--tracker", metavar="NAME", help="What follows objects.")
@click.option(
    "--fast/--real-time", default=None, help="Read files as fast as it goes (default), or at their own speed."
)
@click.option("--metrics", metavar="ADDRESS", help="Prometheus metrics: `:9100`, for this machine alone.")
@click.option("--page", metavar="ADDRESS", help="A page to look at and to draw zones: `:8080`, for this machine alone.")
@click.option("--show", is_flag=True, default=None, help="Show each camera in a window; q or Escape closes it.")
@click.option("--config", metavar="FILE", help="TOML file with these keys, and a table [camera.NAME] for each camera.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Any key: source.timeout=5, cool_off=5s.")
@click.option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--size", metavar="SIZE", help="Size of the network's images: 224 or 240x320; by default as trained.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="CPU threads; by default by the work of a frame.")
@click.option("--precision", metavar="KIND", help="auto, fp32 or bf16; by default as trained.")
@click.option("--runs", metavar="FOLDER", help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as one line of JSON.")
@click.pass_obj
def watch(session: Session, /, zones: tuple[str, ...], settings: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Watch SOURCE with RUN's model, and tell what appears, where it goes and how far away it is.

    RUN is a model that comes with mdf (`mdf-base`), a run's folder, the start of its id, `latest`, a packed file, or a
    folder that `mdf export` wrote. SOURCE is a video, a folder or glob of images, a camera's number, an address such as
    rtsp://USER:PASSWORD@HOST/PATH, or `-`. Ctrl-C ends it.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.core.errors import ConfigError

    if zones:
        parts = [zone.partition("=") for zone in zones]
        for name, equals, _ in parts:
            if not equals or not name:
                raise ConfigError(f"`--zone {name}` is not NAME=SHAPE", "write `--zone door=0.1,0.4,0.5,0.9`")
        options["zones"] = {name: shape for name, _, shape in parts}
    if options["config"] and options["run"] and options["source"] is None:
        raise ConfigError("one name is given beside `--config`", "give RUN and SOURCE, or neither")
    has_config = bool(options["config"]) and hasattr(signal, "SIGHUP")
    if has_config:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it can be read again, it is being read
    with watching() as observer:
        watched = api.watch(settings=settings, plugins=session.plugins, observer=observer, **options)
        if watched.page:
            click.echo(f"the page is at {watched.page}", err=True)
        with _signals(watched, has_config):
            for event in watched:
                try:
                    _print(event, as_json)
                except BrokenPipeError:  # `mdf watch … | head`
                    watched.stop()
    for name, counts in watched.summary().items():
        click.echo(f"{name}: {summary_line(counts)}", err=True)
    return 0


@contextmanager
def _signals(watched: Watching, has_config: bool) -> Iterator[None]:
    """Ctrl-C and SIGTERM end it cleanly: events are ended, and files are closed. A second Ctrl-C ends it at once.
    SIGHUP reads the config file again, where there is one."""

    def stop(*_: object) -> None:
        watched.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    handlers = {signal.SIGINT: stop, signal.SIGTERM: stop}
    if has_config:
        handlers[signal.SIGHUP] = lambda *_: watched.reload()
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print(event: Event, as_json: bool) -> None:
    if as_json:
        print_json_line(event.told)
        return
    click.echo(line_of(event))


def summary_line(counts: Mapping[str, float]) -> str:
    """What `Watching.summary` says of a camera, in words."""
    frames, computed, passed = (f"{counts[key]:.0f}" for key in ("frames", "computed", "passed_over"))
    counted = f"{frames} frames, {computed} of them computed, {passed} passed over"
    return f"{counted}; opened {counts['opened']:.0f} times; 95 % of the frames took up to {counts['p95_ms']:.0f} ms"


def line_of(event: Event) -> str:
    """An event as one line for people."""
    words = [f"{event.time:9.2f} s", event.camera, event.kind, event.zone, event.phase, event.reason]
    one = event.object
    if one is not None:
        depth = "" if one.depth is None else f"{one.depth:.2f} {one.depth_unit}"
        words += [f"object {one.id}", depth, f"{one.speed:.2f} {one.speed_unit}" if one.moving else "still"]
    return "  ".join(word for word in words if word)
