"""The contracts of all kinds, and what they share. Nothing here imports mdf outside `mdf.core`."""
