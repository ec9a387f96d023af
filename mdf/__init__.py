"""Mask & Depth Framework."""

__version__ = "0.1.0"
