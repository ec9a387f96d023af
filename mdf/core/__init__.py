"""Contracts and engine. Nothing here imports mdf outside `mdf.core`."""
