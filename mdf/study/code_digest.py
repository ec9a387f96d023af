"""Which modules of mdf a piece of work can import, and a hash of their code. Torch-free, and imports none of them."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mdf
from mdf.study.tokens import code_tokens

PACKAGE = "mdf"
ROOT = Path(mdf.__file__).parent
HOOK = "hookimpl"
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Where a node of `ast` holds statements, or what holds statements."""


@dataclass(frozen=True, slots=True)
class ModuleCode:
    """What a source text says: the modules that it may import, and a digest of its tokens."""

    imports: tuple[str, ...]
    digest: str


def modules_of(entries: Iterable[str]) -> frozenset[str]:
    """The modules of mdf that importing and running `entries` can import, with their packages.

    Imports inside functions count, those for type checkers alone do not. Modules that are only named by a string (jobs
    of workers, lazily loaded names, components) are not followed: they are entries.
    """
    reached: set[str] = set()
    waiting = [entry for entry in entries if entry.partition(".")[0] == PACKAGE]
    while waiting:
        name = waiting.pop()
        if name not in reached and _path(name) is not None:
            reached.add(name)
            waiting += [*code_of(read_source(name)).imports, *_packages(name)]
    return frozenset(reached)


def packages_of(modules: Iterable[str]) -> frozenset[str]:
    """The packages, besides mdf and Python's own, that `modules` of mdf import."""
    imported = {name.partition(".")[0] for module in modules for name in code_of(read_source(module)).imports}
    return frozenset(imported - {PACKAGE} - sys.stdlib_module_names)


def code_hash(modules: Iterable[str]) -> str:
    """A hash of the code of `modules`: it changes with their tokens, not with comments, docstrings or layout."""
    total = hashlib.blake2b(digest_size=16)
    for name in sorted(modules):
        total.update(f"{name} {code_of(read_source(name)).digest}\n".encode())
    return total.hexdigest()


def read_source(module: str) -> str:
    """The text of a module of mdf."""
    path = _path(module)
    assert path is not None, module
    return path.read_text(encoding="utf-8")


@cache
def code_of(source: str) -> ModuleCode:
    """What the text of a module says.

    The bodies of its registration hooks are left out: they hold the lines of components that a trial does not use. The
    line of one that it uses is a part of the trial's id by itself.
    """
    tree = ast.parse(source)
    nodes: Iterable[ast.AST] = ast.walk(tree) if HOOK in source else ()
    digest = digest_of(code_tokens(source, {line for node in nodes for line in _lines_of_hook(node)}))
    return ModuleCode(tuple(dict.fromkeys(_imports(tree))), digest)


def digest_of(tokens: Iterable[str]) -> str:
    """A hash of tokens, each apart from the next."""
    return hashlib.blake2b("\0".join(tokens).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _lines_of_hook(node: ast.AST) -> range:
    """The lines of a registration hook below its decorator; none of anything else."""
    if not isinstance(node, ast.FunctionDef):
        return range(0)
    is_hook = any(isinstance(decorator, ast.Name) and decorator.id == HOOK for decorator in node.decorator_list)
    return range(node.lineno, (node.end_lineno or node.lineno) + 1) if is_hook else range(0)


def _imports(node: ast.AST) -> Iterator[str]:
    """The names of modules that the code below `node` may import; of `from a import b` both a and a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in _running(node):
        yield from _imports(child)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The statements below `node`, without those that stand there for type checkers alone. Expressions, which import
    nothing, are most of a tree and left out."""
    is_for_checkers = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for blocks in ("orelse",) if is_for_checkers else BLOCKS:
        yield from getattr(node, blocks, ())


def _packages(module: str) -> list[str]:
    """The packages that are imported before `module`."""
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


@cache
def _path(module: str) -> Path | None:
    """The file of a module of mdf; None of what is no module of it."""
    first, *inner = module.split(".")
    if first != PACKAGE:
        return None
    place = ROOT.joinpath(*inner)
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)
