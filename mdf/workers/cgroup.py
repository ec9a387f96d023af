"""The memory group (cgroup) of this process: what its limits leave, and how many processes the kernel killed for them.

Files of the unified hierarchy (v2) are described in Linux' Documentation/admin-guide/cgroup-v2.rst, those of the older
one (v1) in cgroup-v1/memory.rst. Torch-free.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePosixPath

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
LIMITS = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
KILLS = ("memory.events", "memory.oom_control")
FILES = ("active_file", "inactive_file")


def room() -> float | None:
    """Bytes that the limits of the group, and of the groups above it, leave to processes; None if none is known."""
    return min((left for folder in _folders() if (left := _left(folder)) is not None), default=None)


def oom_kills() -> int | None:
    """How many processes of the group the kernel has killed for memory so far; None if unknown."""
    for folder in _folders():
        for name in KILLS:
            kills = _numbers(folder / name).get("oom_kill")
            if kills is not None:
                return kills
    return None


def _left(folder: Path) -> float | None:
    """Bytes that the limit of one group leaves. Cached files count as used, but are given up for processes. (Without a
    limit, v1 has a huge number.)"""
    for limit, used in LIMITS:
        texts = [_read(folder / name).strip() for name in (limit, used)]
        if all(text.isdigit() for text in texts):
            stat = _numbers(folder / "memory.stat")
            # v1: `total_` with its children
            files = sum(stat.get(f"total_{name}", stat.get(name, 0)) for name in FILES)
            return float(int(texts[0]) - int(texts[1]) + files)
    return None


def _folders() -> list[Path]:
    """The folders of this process' group and of the groups above it. A container sees its own group as the root."""
    folders = []
    for line in _read(OWN).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            root = ROOT / "memory" if controllers else ROOT
            own = PurePosixPath(path)
            folders += [root / group.relative_to("/") for group in (own, *own.parents)]
    return folders


def _numbers(path: Path) -> dict[str, int]:
    """The numbers in a file of `name number` lines, by name."""
    numbers = {}
    for line in _read(path).splitlines():
        name, _, number = line.partition(" ")
        with suppress(ValueError):
            numbers[name] = int(number)
    return numbers


def _read(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return ""
