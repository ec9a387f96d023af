"""The page over HTTP: whom it answers, what it says, and what it keeps to itself."""

from __future__ import annotations

import base64
import io
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from served_page import Served, serve

from mdf.core.errors import ConfigError
from mdf.core.listen import ListenAddress
from mdf.inference.live.page.open import open_page
from mdf.inference.live.settings.settings import CameraSettings, WatchSettings

ZONES = "/api/cameras/yard/zones"
TRIANGLE = {"zones": {"mat": [[0.1, 0.2], [0.5, 0.25], [0.3, 0.75]]}}
TOKEN = "a-long-token-of-this-test"


def told(served: Served, path: str) -> Any:
    answer = served.ask("GET", path)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_rebound_host_name_is_refused(served: Served, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/state"), ("PUT", ZONES)):
        answer = served.ask(method, path, headers={"Host": host, "Content-Length": "0", "X-Mdf-Token": served.token})
        assert answer.status == 421
        assert b"mdf-token" not in answer.body


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "https://localhost:1"])
def test_a_request_of_another_origin_is_refused(served: Served, origin: str) -> None:
    headers = {"Origin": origin, "X-Mdf-Token": served.token}
    assert served.ask("PUT", ZONES, TRIANGLE, headers).status == 403
    assert served.ask("GET", "/api/state", headers=headers).status == 403
    assert served.watch.zones["yard"] == {"door": "0.1,0.4,0.3,0.9"}


def test_pictures_are_not_for_other_sites_but_a_link_may_be_followed(served: Served) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert served.ask("GET", "/api/cameras/yard/view", headers=foreign).status == 403
    assert served.ask("GET", "/", headers={**foreign, "Sec-Fetch-Mode": "navigate"}).status == 200


def test_a_change_needs_the_token_of_the_page(served: Served) -> None:
    for headers in ({}, {"X-Mdf-Token": ""}, {"X-Mdf-Token": "guessed"}, {"X-Mdf-Token": "ü"}):
        assert served.ask("PUT", ZONES, TRIANGLE, {**headers}).status == 403
    assert served.watch.zones["yard"] == {"door": "0.1,0.4,0.3,0.9"}
    answer = served.ask("PUT", ZONES, TRIANGLE, {"X-Mdf-Token": served.token})
    assert (answer.status, json.loads(answer.body)) == (200, {"file": "street.toml"})
    assert served.watch.zones["yard"] == {"mat": "0.1,0.2;0.5,0.25;0.3,0.75"}


@pytest.mark.parametrize(
    "zones",
    [
        {"mat": [[0, 0], [1, 1]]},
        {"mat": [[0, 0], [1, 1], [2, 0]]},
        {"a=b": [[0, 0], [1, 1], [1, 0]]},
        {"": [[0, 0], [1, 1], [1, 0]]},
        {"a\nb": [[0, 0], [1, 1], [1, 0]]},
    ],
)
def test_a_wrong_zone_is_refused(served: Served, zones: object) -> None:
    assert served.ask("PUT", ZONES, {"zones": zones}, {"X-Mdf-Token": served.token}).status == 422
    assert list(served.watch.zones["yard"]) == ["door"]


def test_what_is_too_large_or_of_unknown_length_is_refused(served: Served) -> None:
    headers = {"X-Mdf-Token": served.token}
    assert served.ask("PUT", ZONES, "x" * 70000, headers).status == 413
    assert served.ask("POST", "/login", "x" * 70000, headers).status == 413
    assert served.ask("PUT", ZONES, headers={**headers, "Content-Length": "-1"}).status in (400, 413)


def test_browsers_are_told_to_load_nothing_from_elsewhere(served: Served) -> None:
    for path in ("/", "/live.js", "/api/state", "/nothing"):
        headers = served.ask("GET", path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_passwords_of_addresses_never_appear(served: Served) -> None:
    served.show()
    served.tell(1, "begin")
    paths = ["/", "/api/state", "/api/events", "/api/cameras/yard/view"]
    assert not [path for path in paths if b"hidden-word" in served.ask("GET", path).body]
    assert told(served, "/api/state")["cameras"][0]["source"] == "rtsp://10.0.0.9/stream?token=…"


def test_a_picture_comes_with_what_is_known_of_it(served: Served) -> None:
    served.show()
    view = told(served, "/api/cameras/yard/view")
    assert (view["number"], view["width"], view["height"], view["depth_unit"]) == (0, 320, 180, "m")
    assert [(one["id"], one["label"]) for one in view["objects"]] == [(3, "3  4.2 m  1.1 m/s")]
    for kind in ("picture", "depth"):
        data = told(served, f"/api/cameras/yard/view?kind={kind}")["picture"]
        with Image.open(io.BytesIO(base64.b64decode(data.removeprefix("data:image/jpeg;base64,")))) as image:
            assert (image.format, image.size) == ("JPEG", (320, 180))


def test_several_who_look_share_one_encoding_of_the_newest_picture(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mdf.inference.live.page import pictures

    made: list[int] = []
    monkeypatch.setitem(pictures.ENCODERS, "picture", lambda view: made.append(view.number) or b"")
    for _ in range(5):
        served.show()
    for _ in range(10):
        told(served, "/api/cameras/yard/view")
    assert made == [4]
    served.show()  # nobody looks: nothing is encoded
    assert made == [4]


def test_who_reads_nothing_holds_nobody_up(served: Served) -> None:
    deaf = []
    for _ in range(10):
        one = socket.create_connection(("127.0.0.1", served.port))
        one.sendall(b"GET /api/cameras/yard/view HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        deaf.append(one)
    for number in range(20):
        served.show()
        assert told(served, f"/api/cameras/yard/view?after={number - 1}")["number"] >= number
    for one in deaf:
        one.close()


def test_events_are_told_once_with_their_snapshot(served: Served) -> None:
    served.show()
    served.tell(1, "begin")
    served.tell(2, "begin", "camera covered")
    served.tell(1, "end", reason="left")
    events = {one["id"]: one for one in told(served, "/api/events")}
    assert (events["yard-1"]["reason"], events["yard-2"]["ended"]) == ("left", "")
    assert told(served, "/api/state")["cameras"][0]["troubles"] == ["camera covered"]
    assert told(served, f"/api/events?after={max(one['serial'] for one in events.values())}") == []
    picture = served.ask("GET", "/api/events/yard-1/snapshot")
    with Image.open(io.BytesIO(picture.body)) as image:
        assert image.size == (320, 180)
    assert served.ask("GET", "/api/events/yard-9/snapshot").status == 404


def test_the_boards_memory_does_not_grow(served: Served) -> None:
    served.show()
    for number in range(120):
        served.tell(number, "begin")
        served.tell(number, "end")
    assert len(told(served, "/api/events")) == 100


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A page with a token."""
    yield from serve(monkeypatch, TOKEN)


def test_with_a_token_nothing_is_shown_before_it_is_given(locked: Served) -> None:
    locked.show()
    assert locked.ask("GET", "/").headers["location"] == "/login"
    for path in ("/api/state", "/api/cameras/yard/view", "/api/events", "/live.js"):
        assert locked.ask("GET", path).status == 401
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert locked.ask("GET", "/api/state", headers=bearer).status == 200
    assert locked.ask("GET", "/api/state", headers={"Authorization": "Bearer wrong"}).status == 401
    assert locked.ask("PUT", ZONES, TRIANGLE, bearer).status == 403


def test_the_token_opens_the_page_by_a_cookie_that_scripts_cannot_read(locked: Served) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{locked.port}"}
    assert locked.ask("POST", "/login", "token=wrong", form).headers["location"] == "/login?wrong"
    assert locked.ask("POST", "/login", f"token={TOKEN}", {**form, "Origin": "http://evil"}).status == 403
    answer = locked.ask("POST", "/login", f"token={TOKEN}", form)
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert locked.ask("GET", "/api/state", headers={"Cookie": cookie.partition(";")[0]}).status == 200


def settings_with(**keys: Any) -> WatchSettings:
    return WatchSettings(cameras={"yard": CameraSettings(source="0")}, **keys)


def test_another_address_needs_a_token(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="can be reached by other machines, and has no token"):
        open_page(settings_with(page="0.0.0.0:0"), served.watch)
    monkeypatch.setenv("MDF_PAGE_TOKEN", "short")
    with pytest.raises(ConfigError, match="less than 16 characters"):
        open_page(settings_with(page="0.0.0.0:0"), served.watch)
    assert ListenAddress.parse(":8080").host == "127.0.0.1"


def test_a_port_that_is_taken_is_one_line(served: Served) -> None:
    with pytest.raises(ConfigError, match=f"cannot listen at 127.0.0.1:{served.port}"):
        open_page(settings_with(page=f":{served.port}"), served.watch)
    with pytest.raises(ConfigError, match="no address to listen at"):
        open_page(settings_with(page="http://localhost:80/"), served.watch)


def test_a_missing_package_is_named(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mdf.inference.live.page.server")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ConfigError, match="`--page` needs uvicorn, which is not installed") as caught:
        open_page(settings_with(page=":0"), served.watch)
    assert "[page]" in caught.value.hint
