"""Code as tokens: what Python reads differently differs, what it reads alike is alike, on every version."""

from __future__ import annotations

import subprocess
import sys
import tokenize
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest

import mdf
from mdf.study.code_digest import digest_of
from mdf.study.tokens import code_tokens

FIXED = '''"""A docstring."""
from __future__ import annotations  # a comment


def where(name: str, size: int = 0x1F) -> str:
    r"""Another, with a "quote" and \\n."""
    if size > 1_000.5e-3 and name[-1:] != 'ä':
        text = f"{name!r:>{size}} of {size:,.2f} · {'inner'}"
    else:
        text = rf"""{name}\\d+""" + (
            "\\"quoted\\" # no comment"  # one
            b"x".decode()
        )
    return text
'''
STORED = "40316bdb736c5cff71f83609ae454c86"


def digest(source: str) -> str:
    return digest_of(code_tokens(source))


def test_the_digest_of_a_fixed_text_is_the_stored_one() -> None:
    """On whatever version of Python this runs: an id must not depend on it."""
    assert digest(FIXED) == STORED


def others() -> list[Path]:
    """Other versions of Python on this machine that mdf supports."""
    found = {path.resolve() for name in ("3.11", "3.12", "3.13", "3.14") for path in pythons(name)}
    return sorted(found - {Path(sys.executable).resolve()})


def pythons(version: str) -> Iterator[Path]:
    folders = [*(Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin"), Path("/usr/bin"), Path("/usr/local/bin")]
    yield from (path for folder in folders if (path := folder / f"python{version}").is_file())


@pytest.mark.parametrize("python", others(), ids=lambda path: path.name)
def test_every_python_on_this_machine_makes_the_same_tokens_of_mdf(python: Path) -> None:
    code = (
        "import hashlib, sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from mdf.study.tokens import code_tokens\n"
        "total = hashlib.blake2b()\n"
        "for path in sorted(Path(sys.argv[1], 'mdf').rglob('*.py')):\n"
        "    total.update('\\0'.join(code_tokens(path.read_text('utf-8'))).encode())\n"
        "print(total.hexdigest())"
    )
    root = str(Path(mdf.__file__).parents[1])
    ours, theirs = (
        subprocess.run([str(each), "-c", code, root], capture_output=True, text=True, check=True).stdout
        for each in (sys.executable, python)
    )
    assert ours == theirs


SAME = [
    "x = 1  # why",
    "\n\nx = 1\n",
    "x   =  1",
    "x = \\\n    1",
    '"""Text."""\nx = 1',
    "'Text.'\nx = 1\nR'more'\n",
    "x = 1\r\n",
    "# only\n    # comments\nx = 1",
]


@pytest.mark.parametrize("source", SAME)
def test_comments_docstrings_and_layout_are_no_code(source: str) -> None:
    assert digest(source) == digest("x = 1\n")


def test_an_indentation_counts_by_its_level_alone() -> None:
    assert digest("if a:\n  b\n  c\nd") == digest("if a:\n\tb\n\n\tc\nd") == digest("if a:\n    b\n    c\nd\n")
    assert digest("f(\n        a,\nb)") == digest("f(a, b)")


DIFFERENT = [
    "x = 1",
    "x = 2",
    "x = 1.0",
    "x == 1",
    "x = y",
    "x = 'y'",
    "x = '#y'",
    'x = "y"',
    "x = f'y'",
    "x = f'{y}'",
    "x = f'{y!r}'",
    "x = 'y' 'z'",
    "x = ' y'",
    "x = '''\n'''",
    "x = (y,)",
    "x = (y)",
    "if a:\n    b\n    c",
    "if a:\n    b\nc",
    "if a:\n    b\n    if c:\n        d\n    e",
    "if a:\n    b\n    if c:\n        d\n        e",
    "if a:\n    b\n    if c:\n        d\ne",
    "f'y'",
    "b'y'",
    "ab",
    "a b",
]


def test_whatever_python_reads_differently_differs() -> None:
    digests = [digest(source) for source in DIFFERENT]
    assert len(set(digests)) == len(DIFFERENT), [
        (a, b)
        for (a, x), (b, y) in pairwise(sorted(zip(DIFFERENT, digests, strict=True), key=lambda p: p[1]))
        if x == y
    ]


def words_and_strings(source: str) -> list[str]:
    """Those that `tokenize` finds, without lines that are one plain string."""
    found: list[str] = []
    line: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.NEWLINE:
            docstring = all(t.type == tokenize.STRING and t.string[0] in "\"'rR" for t in line)
            found += [] if docstring else [t.string for t in line if t.type in (tokenize.NAME, tokenize.STRING)]
            line = []
        elif token.type in (tokenize.NAME, tokenize.STRING, tokenize.NUMBER, tokenize.OP):
            line.append(token)
    return found


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="tokenize splits f-strings from Python 3.12 on")
def test_words_and_strings_are_those_that_python_itself_finds() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in Path(mdf.__file__).parent.rglob("*.py")}
    assert len(sources) > 300
    for path, source in sources.items():
        ours = [token for token in code_tokens(source) if token.isidentifier() or token[-1] in "\"'"]
        assert ours == words_and_strings(source), path
