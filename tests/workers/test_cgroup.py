"""What the kernel tells of a process' memory group, in both of its hierarchies."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdf.workers import cgroup

NO_LIMIT = 9223372036854771712


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the hierarchies are mounted; `own` says in which groups the process is."""
    monkeypatch.setattr(cgroup, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")
    return tmp_path / "cgroup"


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("memory_", "memory.", 1)).write_text(f"{text}\n")


def own(tree: Path, *lines: str) -> None:
    (tree.parent / "own").write_text("\n".join(lines))


def test_without_groups_nothing_is_known(tree: Path) -> None:
    assert (cgroup.room(), cgroup.oom_kills()) == (None, None)
    own(tree, "0::/")
    assert (cgroup.room(), cgroup.oom_kills()) == (None, None)


def test_files_that_a_group_caches_are_free(tree: Path) -> None:
    own(tree, "0::/")
    write(tree, memory_max=4000, memory_current=3900)
    assert cgroup.room() == 100
    write(tree, memory_stat="anon 900\nfile 3000\ninactive_file 2000\nactive_file 1000\nunevictable 7")
    assert cgroup.room() == 3100
    write(tree, memory_max="max")
    assert cgroup.room() is None


def test_the_least_that_a_group_or_one_above_it_leaves_counts(tree: Path) -> None:
    own(tree, "0::/user.slice/job.scope")
    write(tree / "user.slice" / "job.scope", memory_max="max", memory_current=300)
    write(tree / "user.slice", memory_max=1000, memory_current=400)
    assert cgroup.room() == 600
    write(tree / "user.slice" / "job.scope", memory_max=500)
    assert cgroup.room() == 200


def test_the_older_hierarchy_is_read_too(tree: Path) -> None:
    """As in a container, which shows its own group as the root, whatever its path is outside."""
    own(tree, "9:name=systemd:/docker/1f", "4:memory:/docker/1f", "1:cpu:/docker/1f", "0::/")
    write(tree / "memory", memory_limit_in_bytes=8000, memory_usage_in_bytes=5000)
    write(
        tree / "memory", memory_stat="active_file 10\ninactive_file 20\ntotal_active_file 100\ntotal_inactive_file 200"
    )
    assert cgroup.room() == 3300
    write(tree / "memory", memory_oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 5")
    assert cgroup.oom_kills() == 5
    write(tree / "memory" / "docker" / "1f", memory_limit_in_bytes=NO_LIMIT, memory_usage_in_bytes=5000)
    assert cgroup.room() == 3300
