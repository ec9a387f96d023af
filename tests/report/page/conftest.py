"""The browser that the page is tested in."""

from chromium import browser

__all__ = ["browser"]
