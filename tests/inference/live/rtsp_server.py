"""An RTSP server on loopback, run as a program: `python rtsp_server.py PORT FILE [USER PASSWORD | --damaged]`.

It serves an MP4 with H.264, at its own speed and from its start to each client, as rtsp://127.0.0.1:PORT/stream, and
prints a line once it listens. With `--damaged` one byte in 50,000 is a wrong one. It needs GStreamer's RTSP server and
PyGObject, which system packages bring.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main() -> None:
    """Serve until killed."""
    port, path, *secret = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    damaged = "! breakmydata skip=4000 probability=0.00002" if secret == ["--damaged"] else ""
    demuxed = f'filesrc location="{path}" ! qtdemux ! h264parse'
    factory.set_launch(f"( {demuxed} {damaged} ! rtph264pay name=pay0 config-interval=1 )")
    if secret and not damaged:
        _ask_for(server, factory, *secret)
    server.get_mount_points().add_factory("/stream", factory)
    if not server.attach(None):
        sys.exit("the port is taken")
    print("listening", flush=True)
    GLib.MainLoop().run()


def _ask_for(server: object, factory: object, user: str, password: str) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)


if __name__ == "__main__":
    main()
