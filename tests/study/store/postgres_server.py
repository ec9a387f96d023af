"""A PostgreSQL server of a test's own: in a temporary folder, on a Unix socket alone, asking for a password."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "mdf", "s3cret@word"
INSTALLED = "/usr/lib/postgresql"
"""Where Debian keeps a server's programs, which are on nobody's PATH."""


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; None where there is no server."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path(INSTALLED).glob("*/bin"), key=lambda path: -float(path.parent.name))
    return next((path for path in folders if (path / "initdb").is_file() and (path / "pg_ctl").is_file()), None)


def _owner() -> str:
    """Who the server runs as: it refuses to be root's."""
    if os.geteuid():
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder, self._bin, self._owner = folder, bin_folder, _owner()
        if not os.geteuid():
            shutil.chown(folder, self._owner)
        (folder / "password").write_text(PASSWORD)
        known = ("--username", USER, "--auth", "scram-sha-256", "--pwfile", str(folder / "password"))
        self._call("initdb", *known, "--encoding", "UTF8", "--locale", "C", "--no-sync")
        self._call("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "-o", f"-F -h '' -k {folder}")

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """The URL of a database of this server, as it is written to `MDF_STORE`."""
        return f"postgresql://{USER}:{password.replace('@', '%40')}@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Gone at once, as in a power cut."""
        self._call("pg_ctl", "stop", "--mode", "immediate")

    def _call(self, program: str, *words: str) -> None:
        root = not os.geteuid()
        done = subprocess.run(
            [str(self._bin / program), "--pgdata", str(self.folder / "data"), *words],
            user=self._owner if root else None,
            extra_groups=[] if root else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would stay open with the server
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            cwd=self.folder,
            text=True,
            timeout=60,
        )
        log = self.folder / "log"
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or ''}{log.read_text() if log.exists() else ''}")


@contextmanager
def running(bin_folder: Path) -> Iterator[Server]:
    """A server, gone with its files at the end."""
    with tempfile.TemporaryDirectory(prefix="mdf-pg-", dir="/tmp") as folder:  # a socket's path may not be long
        server = Server(Path(folder), bin_folder)
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop()
