"""Which image files are read, by their endings. Torch-free and numpy-free: the parent process asks."""

from __future__ import annotations

ENDINGS = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".hif"),
)
"""Endings of the image files that are read."""
