"""The built-in data set `scenes`: computer-generated scenes of a static camera."""

from mdf.plugins.datasets.scenes.dataset import Scenes

__all__ = ["Scenes"]
