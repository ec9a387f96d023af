"""The life of a benchmark: its request, its cells, their trials and what these cost."""
