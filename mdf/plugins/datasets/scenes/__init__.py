"""The embedded data set `scenes`: static-camera scenes drawn by the program itself."""

from mdf.plugins.datasets.scenes.dataset import Scenes

__all__ = ["Scenes"]
