"""What is installed on a node, asked before anything of mdf is sent there. Torch-free.

The function is sent as code and needs nothing of mdf: the node may have another version, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Facts = Mapping[str, str]
"""What is compared, by what it is called in messages."""

MISSING = "not installed"
COMPARED_WITH_DRIVER = ("Python", "mdf", "the code of mdf", "plugins")
"""Without these being equal, requests and answers may not be understood."""


def probe() -> Callable[[], dict[str, str]]:
    """A function that tells the versions of the machine on which it is called."""

    def look() -> dict[str, str]:
        import hashlib
        import platform
        import re
        from importlib import metadata, util
        from pathlib import Path

        def version(name: str) -> str:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                return "not installed"

        digest = hashlib.blake2b(digest_size=8)
        package = util.find_spec("mdf")
        root = Path(package.origin).parent if package is not None and package.origin else None
        text = ""
        if root is not None:
            text = (root / "__init__.py").read_text(encoding="utf-8")
            for path in sorted(root.rglob("*.py")):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
        named = re.search(r"__version__ = \"(.+)\"", text)
        plugins = {
            f"{entry.dist.name} {entry.dist.version}" for entry in metadata.entry_points(group="mdf") if entry.dist
        }
        return {
            "Python": platform.python_version().rpartition(".")[0],
            "mdf": named[1] if named else "not installed",
            "the code of mdf": digest.hexdigest(),
            "plugins": ", ".join(sorted(plugins)) or "none",
            "torch": version("torch"),
        }

    return look


def differences(here: Facts, there: Facts) -> list[str]:
    """What differs between the driver and a node, in words."""
    names = [name for name in COMPARED_WITH_DRIVER if here[name] != there[name]]
    if "mdf" in names:
        names.remove("the code of mdf")  # it differs, too
    return [_words(name, here, there) for name in names]


def _words(name: str, here: Facts, there: Facts) -> str:
    if name == "the code of mdf":
        return f"its code of mdf {here['mdf']} differs from this machine's"
    if there[name] == MISSING:
        return f"it has no {name}, and this machine has {here[name]}"
    return f"it has {'the ' if name == 'plugins' else ''}{name} {there[name]}, and this machine has {here[name]}"
