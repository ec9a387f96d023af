"""Where the parts meet: config + catalog → report. Torch-free; torch is imported by worker processes.

`study` runs what a benchmark asks for, `verdict` says what came of it, `model` is about one network, `data` about one
data set.
"""

from mdf.api.data import data_check, data_info, show_data
from mdf.api.model import evaluate, load, predict_files, train
from mdf.api.study import benchmark, cells, dry_run, plan
from mdf.api.verdict import compare, report
from mdf.api.watching import RUNS, Quiet

__all__ = [
    "RUNS",
    "Quiet",
    "benchmark",
    "cells",
    "compare",
    "data_check",
    "data_info",
    "dry_run",
    "evaluate",
    "load",
    "plan",
    "predict_files",
    "report",
    "show_data",
    "train",
]
