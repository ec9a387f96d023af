"""Opens the page, if what it needs is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdf.core.errors import ConfigError
from mdf.inference.live.page.controls import Controls
from mdf.inference.live.settings.settings import WatchSettings

if TYPE_CHECKING:
    from mdf.inference.live.page.server import Page


def open_page(settings: WatchSettings, controls: Controls) -> Page:
    """The page of these settings, which have one. Raises ConfigError where it cannot be opened."""
    try:
        from mdf.inference.live.page.server import Page
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fastapi", "starlette", "uvicorn"):
            raise
        raise ConfigError(
            f"`--page` needs {error.name}, which is not installed", '`pip install "mask-depth-framework[page]"`'
        ) from error
    return Page(settings, controls)
