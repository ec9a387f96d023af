"""Finds plugins, guards their loading, and looks components up by kind and name. Imports no torch, no pydantic."""

from mdf.registry.catalog import Catalog, Discovery, discovery, hand_over
from mdf.registry.listener import Listener
from mdf.registry.origin import Fault, Notice, Offer, Source

__all__ = ["Catalog", "Discovery", "Fault", "Listener", "Notice", "Offer", "Source", "discovery", "hand_over"]
