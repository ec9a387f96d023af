"""A worker's reason can be written and shown, whatever bytes a file's name has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mdf.core.errors import DataError, MdfError
from mdf.workers import process
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job

NAME = b"caf\xe9.png".decode(errors="surrogateescape")


def refuse(report: Callable[[object], None]) -> None:  # noqa: ARG001
    raise DataError(f"cannot read {NAME}", f"rename {NAME}")


def fail(report: Callable[[object], None]) -> None:  # noqa: ARG001
    raise OSError(f"cannot read {NAME}")


def test_an_errors_words_are_text(tmp_path: Path) -> None:
    with pytest.raises(MdfError) as told:
        process.run(Job(f"{__name__}:refuse"), on_progress=lambda _: None, log=tmp_path / "log")
    assert (told.value.message, told.value.hint) == (r"cannot read caf\udce9.png", r"rename caf\udce9.png")
    with pytest.raises(WorkerError) as crashed:
        process.run(Job(f"{__name__}:fail"), on_progress=lambda _: None, log=tmp_path / "log")
    assert crashed.value.reason == r"OSError: cannot read caf\udce9.png"
    assert r"caf\udce9.png" in crashed.value.log.encode().decode()
