"""The page's addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from html import escape
from importlib import resources
from urllib.parse import parse_qs

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mdf.core.address import shown
from mdf.core.annotate import caption, colour_of
from mdf.core.errors import MdfError
from mdf.inference.live.page.board import Board, Told
from mdf.inference.live.page.controls import CameraFacts, Controls
from mdf.inference.live.page.guard import LOGIN, Access, same
from mdf.inference.live.page.messages import (
    CameraMessage,
    EventMessage,
    ObjectMessage,
    Saved,
    StateMessage,
    ViewMessage,
    Zones,
)
from mdf.inference.live.page.pictures import Encoded, Kind, Pictures
from mdf.inference.live.settings.zones import Zone

WAIT, STEP = 5.0, 0.04
"""Seconds that a request waits for a newer picture at most, and between two looks."""
WRONG_TOKEN_PAUSE = 1.0
ASSETS: Mapping[str, str] = {
    "page.css": "text/css",
    "theme.js": "text/javascript",
    "live.js": "text/javascript",
    "events.js": "text/javascript",
    "zones.js": "text/javascript",
}


def make_app(board: Board, controls: Controls, access: Access) -> FastAPI:
    """The page. `Guard` has to stand before it."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pictures = Pictures()

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(asset("page.html").replace("{{page_token}}", escape(access.page_token)))

    @app.get("/{name}", name="assets")
    def assets(name: str) -> Response:
        if name == LOGIN.removeprefix("/"):
            return HTMLResponse(asset("login.html"))
        if name not in ASSETS:
            raise HTTPException(404)
        return Response(asset(name), media_type=ASSETS[name])

    @app.post(LOGIN)
    async def login(request: Request) -> Response:
        given = parse_qs((await request.body()).decode("utf-8", "replace")).get("token", [""])[0]
        if access.token is None or not same(given, access.token):
            await asyncio.sleep(WRONG_TOKEN_PAUSE)
            return RedirectResponse(f"{LOGIN}?wrong", 303)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(access.cookie, access.session, httponly=True, samesite="strict")
        return answer

    @app.get("/api/state")
    def state() -> StateMessage:
        return StateMessage(file=controls.file, cameras=[_camera(one, board) for one in controls.facts()])

    @app.get("/api/cameras/{name}/view")
    async def view(name: str, after: int = -1, kind: Kind = "picture") -> ViewMessage:
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            newest = board.shown(name)
            if newest is not None and newest.view.number != after:
                encoded = await run_in_threadpool(pictures.newest, newest.view, kind)
                if encoded.view.number != after:
                    return _view(encoded)
            await asyncio.sleep(STEP)
        return ViewMessage()

    @app.get("/api/events")
    def events(after: int = 0) -> list[EventMessage]:
        return [_event(one) for one in board.told(after)]

    @app.get("/api/events/{event}/snapshot")
    def snapshot(event: str) -> Response:
        picture = board.snapshot(event)
        if picture is None:
            raise HTTPException(404)
        return Response(picture, media_type="image/jpeg")

    @app.put("/api/cameras/{name}/zones")
    def change_zones(name: str, asked: Zones) -> Saved:
        if name not in {one.name for one in controls.facts()}:
            raise HTTPException(404)
        shapes = {zone: ";".join(f"{x:.4g},{y:.4g}" for x, y in corners) for zone, corners in asked.zones.items()}
        try:
            lasts = controls.draw(name, shapes)
        except MdfError as error:
            raise HTTPException(409, shown(error.message)) from error
        return Saved(file=controls.file if lasts else "")

    return app


def asset(name: str) -> str:
    """The text of a file of the page."""
    return resources.files("mdf.inference.live.page").joinpath("assets", name).read_text(encoding="utf-8")


def _camera(facts: CameraFacts, board: Board) -> CameraMessage:
    newest = board.shown(facts.name)
    return CameraMessage(
        name=facts.name,
        source=shown(facts.source),
        state=newest.view.state if newest else "waiting for the first picture",
        health=newest.view.health if newest else 0.0,
        age=round(time.monotonic() - newest.came, 2) if newest else None,
        troubles=[one.kind for one in board.open_conditions(facts.name)],
        counts=facts.counts,
        zones={name: list(Zone.of(name, shape).corners) for name, shape in facts.zones.items()},
    )


def _view(encoded: Encoded) -> ViewMessage:
    view = encoded.view
    height, width = view.pixels.shape[:2]
    return ViewMessage(
        number=view.number,
        clock=_clock(view.wall),
        width=width,
        height=height,
        depth_unit=view.depth_unit if view.depth is not None else "",
        limits=view.depth_limits,
        objects=[
            ObjectMessage(id=one.id, outline=list(one.outline), label=caption(one), colour=colour_of(one.id))
            for one in view.objects
        ],
        picture=encoded.picture,
    )


def _clock(wall: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall))


def _event(told: Told) -> EventMessage:
    first, last = told.first, told.last
    return EventMessage(
        serial=told.serial,
        id=first.id,
        kind=first.kind,
        camera=first.camera,
        zone=first.zone,
        began=_clock(first.wall),
        ended=_clock(last.wall) if last.phase == "end" else "",
        reason=last.reason,
        label=caption(last.object) if last.object is not None else "",
        has_snapshot=told.snapshot is not None,
    )
