"""`--show`: a window where one can be opened, else a page."""

from __future__ import annotations

import sys

import pytest

from mdf.api import live
from mdf.inference.live.window import why_no_window


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_a_page_takes_the_place_of_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert why_no_window() == "there is no display"
    assert live._with_window({"show": True}) == {"show": False, "page": "127.0.0.1:8080"}
    assert live._with_window({"show": True, "page": ":0"}) == {"show": False, "page": ":0"}
    assert live._with_window({"run": "latest"}) == {"run": "latest"}
