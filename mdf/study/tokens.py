"""A module's code as tokens, without comments, docstrings and layout: the same on every version of Python. Torch-free.

`tokenize` splits f-strings into several tokens from Python 3.12 on, and `ast` changes with every version. What counts
here is only whether two texts differ, so that a name, a number and each single sign is a token, and a string is one
whatever its prefix.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

TOKEN = re.compile(
    r"""
      (?P<skipped> [ \t\f]+ | \#[^\n]* | \\\n )
    | (?P<word> [A-Za-z0-9_\u0080-\U0010ffff]++ (?!["']) )
    | (?P<newline> \n )
    | (?P<string> [a-zA-Z]{0,2} (?: \"{3} [^"\\]* (?: (?: \\. | "(?!"") ) [^"\\]* )* \"{3}
                                  | '{3} [^'\\]* (?: (?: \\. | '(?!'') ) [^'\\]* )* '{3}
                                  | " [^"\\\n]* (?: \\. [^"\\\n]* )* "
                                  | ' [^'\\\n]* (?: \\. [^'\\\n]* )* ' ) )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
PLAIN = re.compile(r"[rRuU]?[\"']")
"""How a string begins that does nothing where it stands alone."""
OPENING, CLOSING = "([{", ")]}"


def code_tokens(source: str, left_out: Collection[int] = ()) -> Iterator[str]:
    """The tokens of `source`: of each logical line its level of indentation, then its words, strings and signs.

    A line that is one plain string is a docstring, and left out. So is one that begins in a line (from 1) of
    `left_out`.
    """
    levels = [0]
    for number, indentation, tokens in _logical_lines(source.replace("\r\n", "\n")):
        if all(PLAIN.match(token) for token in tokens) or number in left_out:
            continue
        while indentation < levels[-1]:
            levels.pop()
        if indentation > levels[-1]:
            levels.append(indentation)
        yield f"{len(levels)}:"
        yield from tokens


def _logical_lines(source: str) -> Iterator[tuple[int, int, list[str]]]:
    """Number of the first line, indentation and tokens of each line that holds code; brackets join lines."""
    tokens: list[str] = []
    depth, number, first, indentation = 0, 1, 1, 0
    fresh = True
    for match in TOKEN.finditer(source):
        kind, text = match.lastgroup, match[0]
        if kind == "newline" and depth == 0:
            if tokens:
                yield first, indentation, tokens
            tokens, fresh, indentation = [], True, 0
        elif kind == "skipped":
            if fresh and text[0] in " \t\f":
                indentation = len(text.expandtabs(8))
        elif kind != "newline":
            if fresh:
                first, fresh = number, False
            tokens.append(text)
            depth += (text in OPENING) - (text in CLOSING)
        number += text.count("\n")
    if tokens:
        yield first, indentation, tokens
