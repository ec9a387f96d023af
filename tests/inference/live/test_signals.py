"""`mdf watch` as a service runs it: SIGHUP reads the config again, SIGTERM ends it cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from live_cameras import PLUGIN, painted, walker, wall, write_video


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_sighup_reads_the_config_again_and_sigterm_ends_events_and_files(difference_run: Path, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    walk = walker(-10, 0.5)
    frames = [painted(wall(), [walk(number - 5)] if number >= 5 else [], 1.0, number) for number in range(300)]
    video, config, events = write_video(tmp_path / "street.mkv", frames), tmp_path / "street.toml", tmp_path / "e.jsonl"
    head = f'run = "{difference_run}"\nsource = "{video}"\nbackground = "first"\nfast = false\nevents = "{events}"\n'
    head += f'out = "{tmp_path / "annotated.mp4"}"\nupdate = "1s"\n'
    config.write_text(head)
    words = [sys.executable, "-m", "mdf", "--plugin", PLUGIN, "watch", "--config", str(config), "--json"]
    with subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as watch:
        assert watch.stdout is not None
        assert watch.stderr is not None
        assert json.loads(watch.stdout.readline())["phase"] == "begin"
        config.write_text(head + "smallest = 7\n")
        watch.send_signal(signal.SIGHUP)
        refused = watch.stderr.readline()
        config.write_text(head + 'zones = { all = "0,0,1,1" }\n')
        watch.send_signal(signal.SIGHUP)
        told = iter(watch.stdout.readline, "")
        assert next(json.loads(line) for line in told if "in zone" in line)["zone"] == "all"
        watch.send_signal(signal.SIGTERM)
        watch.communicate(timeout=120)
    assert watch.returncode == 0
    assert refused.startswith("warning: the new settings are refused, and the old ones stay: ")
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    ends = {line["id"]: line["reason"] for line in lines if line["phase"] == "end"}
    assert set(ends) == {line["id"] for line in lines}
    assert set(ends.values()) == {"stopped"}
    with av.open(str(tmp_path / "annotated.mp4")) as made:
        assert sum(1 for _ in made.decode(video=0)) > 5
