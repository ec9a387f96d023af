"""A place that several machines reach: a folder, or an address that fsspec knows, such as `s3://bucket/mdf`.

Files are put there in groups, each with a `done` object last that lists them: a group without it is not there. Nothing
is locked. Whoever puts a group twice puts the same files. Torch-free; fsspec is imported only where it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from mdf.core.errors import ConfigError, MdfError
from mdf.core.files import PART, make_folder, whole

VARIABLE = "MDF_SHARED"
"""The environment variable that names the shared place to processes of a node."""
DONE = "done"
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "r2"})
"""Where there are no folders: making one would make a bucket, of a name that may be misspelt."""
CURE = "check the address, and that this machine may read and write there"


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file in a shared place: its address, its size in bytes, and the SHA-256 of its content."""

    address: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """A shared place. Every method raises MdfError where it cannot be reached.

    >>> from tempfile import mkdtemp
    >>> here = Path(mkdtemp())
    >>> place = SharedPlace(mkdtemp())
    >>> _ = (here / "a.bin").write_bytes(b"123")
    >>> place.put("group", {"a.bin": here / "a.bin"})["a.bin"].size
    3
    >>> place.fetch("group", here / "copy"), place.fetch("another", here / "copy")
    (True, False)
    """

    address: str

    def check_address(self) -> None:
        """Raise ConfigError if it is neither an absolute path nor a URL, or holds a password."""
        if "://" not in self.address and not Path(self.address).is_absolute():
            raise ConfigError(
                f"`--shared {self.address}` is no absolute path", "every machine must find it by this name"
            )
        if urlsplit(self.address).password:
            raise ConfigError(
                "the address of `--shared` holds a password", "give it to every machine by its environment or a file"
            )

    def put(self, key: str, files: Mapping[str, Path]) -> dict[str, SharedFile]:
        """Put `files`, by their names in the group `key`, and then the group's `done`. Returns where each is."""
        with self._opened("written") as (system, root):
            group = f"{root}/{key}"
            if _has_folders(system):
                system.makedirs(group, exist_ok=True)
            put = {}
            for name, path in files.items():
                _put(system, path, f"{group}/{name}")
                put[name] = SharedFile(self._address(key, name), path.stat().st_size, _sha256(path))
            system.pipe_file(f"{group}/{DONE}", json.dumps({n: asdict(f) for n, f in put.items()}).encode())
            return put

    def fetch(self, key: str, folder: Path) -> bool:
        """Copy the group `key` into `folder`; whether it was there, whole and unchanged."""
        with self._opened("read") as (system, root):
            try:
                listed = json.loads(system.cat_file(f"{root}/{key}/{DONE}"))
                for name, about in listed.items():
                    if Path(name).name != name:
                        return False
                    fetch(SharedFile(self._address(key, name), about["size"], about["sha256"]), folder / name)
            except (FileNotFoundError, ValueError, TypeError, KeyError):
                return False
            return True

    def has(self, key: str) -> bool:
        """Whether the group `key` is there."""
        with self._opened("read") as (system, root):
            try:
                return bool(system.cat_file(f"{root}/{key}/{DONE}"))
            except FileNotFoundError:
                return False

    def remove(self, key: str) -> None:
        """Remove a group, if it is there. What cannot be removed stays."""
        with suppress(Exception):
            system, root = _open(self.address)
            system.rm(f"{root}/{key}", recursive=True)

    def key_of(self, file: SharedFile) -> str | None:
        """The group in which `file` lies; None if it lies in another place."""
        root = f"{self.address.rstrip('/')}/"
        return file.address.removeprefix(root).rpartition("/")[0] if file.address.startswith(root) else None

    def leave_mark(self) -> str:
        """Leave a mark, by which other machines see that they look at the same place; its name."""
        mark = f"marks/{uuid4().hex}"
        self.put(mark, {})
        return mark

    def check_mark(self, mark: str) -> None:
        """Raise MdfError if this machine does not find the mark that another has left, or cannot write."""
        if not self.has(mark):
            raise MdfError(f"it sees another place under `{self.address}`", "`--shared` names one that all nodes reach")
        own = self.leave_mark()
        self.remove(own)

    def _address(self, key: str, name: str) -> str:
        return f"{self.address.rstrip('/')}/{key}/{name}"

    @contextmanager
    def _opened(self, done: str) -> Iterator[tuple[Any, str]]:
        """Its file system and the path there; errors of whatever library reaches it become MdfError."""
        try:
            yield _open(self.address)
        except MdfError:
            raise
        except Exception as error:
            told = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise MdfError(f"the shared place {self.address} cannot be {done}: {told}", CURE) from error


def shared_place() -> SharedPlace | None:
    """The shared place of this process; None if it has none."""
    address = os.environ.get(VARIABLE)
    return SharedPlace(address) if address else None


def fetch(file: SharedFile, path: Path) -> None:
    """Copy a shared file to `path`, which is then whole. Raises ValueError if it has changed."""
    system, place = _open(file.address)
    make_folder(path.parent)
    arriving = path.with_name(f".{path.name}.{os.getpid()}.arriving{PART}")
    try:
        system.get_file(place, str(arriving))
        if arriving.stat().st_size != file.size or _sha256(arriving) != file.sha256:
            raise ValueError(f"{file.address} has changed")
        with whole(path) as beside:
            arriving.replace(beside)
    finally:
        arriving.unlink(missing_ok=True)


def _open(address: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    system, root = url_to_fs(address)
    system.invalidate_cache()  # what was listed before may be another machine's to change
    return system, str(root)


def _has_folders(system: Any) -> bool:
    names = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    return OBJECT_STORES.isdisjoint(names)


def _put(system: Any, path: Path, target: str) -> None:
    """Copy a file there; in a folder it is synced and whole, as an object is."""
    from fsspec.implementations.local import LocalFileSystem

    if isinstance(system, LocalFileSystem):
        with whole(Path(target)) as beside:
            shutil.copyfile(path, beside)
    else:
        system.put_file(str(path), target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
