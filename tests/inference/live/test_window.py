"""`--show`: a window where one can be opened, else a page or one clear line."""

from __future__ import annotations

import sys

import pytest

import mdf
from mdf.core.errors import ConfigError
from mdf.inference.live.settings import WatchSettings
from mdf.inference.live.window import why_no_window


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert why_no_window() == "there is no display"
    if "page" not in WatchSettings.model_fields:
        with pytest.raises(ConfigError, match="no window can be shown: there is no display") as caught:
            mdf.watch("latest", "street.mp4", show=True)
        assert "--out annotated.mp4" in caught.value.hint
