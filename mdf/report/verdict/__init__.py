"""Which configuration is better, by how much and how certainly: `judge` finds it, `interval` does the statistics."""
