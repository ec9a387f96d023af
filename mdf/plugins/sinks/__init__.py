"""Registers the built-in sinks. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_sinks() -> list[Spec]:
    """Offer the built-in sinks."""
    return [
        Spec(
            "jsonl",
            "mdf.plugins.sinks.jsonl:JsonLines",
            "Events as JSON, one line for each phase.",
            variant="FILE",
            representatives=("events.jsonl",),
            addresses=("*.jsonl", "*.ndjson"),
        ),
        Spec(
            "video",
            "mdf.plugins.sinks.video:AnnotatedVideo",
            "A video with outlines, numbers and distances of the objects.",
            variant="FILE",
            representatives=("annotated.mp4",),
            addresses=("*.mp4",),
            extra="video",
        ),
        Spec(
            "maps",
            "mdf.plugins.sinks.maps:Maps",
            "The mask and the depth of each frame as PNG files in a folder.",
            variant="FOLDER",
            representatives=("maps/",),
            addresses=("*/",),
        ),
        Spec(
            "mqtt",
            "mdf.plugins.sinks.mqtt:Mqtt",
            "Events to an MQTT broker, each at least once, and whether anybody watches.",
            variant="URL",
            representatives=("mqtt://127.0.0.1:9/mdf",),
            addresses=("mqtt://*", "mqtts://*"),
            extra="mqtt",
        ),
        Spec(
            "hook",
            "mdf.plugins.sinks.hook:Hook",
            "Events to a web hook, each at least once, signed.",
            variant="URL",
            representatives=("http://127.0.0.1:9/hook",),
            addresses=("http://*", "https://*"),
        ),
        Spec(
            "clips",
            "mdf.plugins.sinks.clips:Clips",
            "A clip around each event, as the camera codes its pictures.",
            variant="FOLDER",
            representatives=("clips/",),
            extra="video",
        ),
        Spec(
            "snapshots",
            "mdf.plugins.sinks.snapshots:Snapshots",
            "A picture of each event, with outlines.",
            variant="FOLDER",
            representatives=("snapshots/",),
        ),
    ]
