"""The soak's own check for leaks: a test that cannot fail would prove nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from process import grown, sample


def test_each_kind_that_grows_is_named_whatever_the_others_do() -> None:
    before = sample(os.getpid())
    assert grown(before, before) == []
    more = replace(before, files=before.files - 1, threads=before.threads + 1, processes=before.processes + 1)
    assert grown(before, more) == ["threads", "processes"]
    assert grown(before, replace(before, files=before.files + 2), more_files=1) == ["files"]
    assert grown(before, replace(before, files=before.files + 1), more_files=1) == []


def test_an_open_file_and_a_child_are_seen() -> None:
    before = sample(os.getpid())
    with (
        open(os.devnull, encoding="utf-8"),
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE),
    ):
        assert {"files", "processes"} <= set(grown(before, sample(os.getpid())))
