"""The data set `composite`: cut-outs pasted on photographs of empty scenes."""

from mdf.plugins.datasets.composite.dataset import Composite

__all__ = ["Composite"]
