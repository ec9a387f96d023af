"""A benchmark's life: its cells, worker processes, result files and report."""
