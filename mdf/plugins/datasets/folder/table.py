"""Reads `pairs.csv`, which lists the files that belong together, as spreadsheets of any country write it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from mdf.core.dataset import SplitName
from mdf.core.errors import DataError
from mdf.plugins.datasets.files.images import entries
from mdf.plugins.datasets.folder.declared import split_of

TABLE = "pairs.csv"
SPLIT = "split"
FILES = ("fg_bg", "bg", "mask", "depth", "bg_depth")
DELIMITERS = (",", ";", "\t")
EXCEL = "sep="
"""Start of a first line that declares the delimiter for Excel."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        source: the line's place, for messages.
        files: the name in each column.
        split: the split in the column `split`; None without this column.
        unknown: the wrong text in the column `split`; "" if the text is a split.
    """

    source: str
    files: dict[str, str]
    split: SplitName | None
    unknown: str = ""


def find_table(root: Path) -> Path | None:
    """The table in a folder, its name in small or capital letters; None if there is none.

    Raises
        DataError: there is a table that is not CSV, and mdf would ignore what it declares.
    """
    files = [entry.name for entry in entries(root) if entry.is_file()]
    alike = [name for name in files if name.casefold().startswith(TABLE.removesuffix("csv"))]
    tables = [name for name in alike if name.casefold() == TABLE]
    others = [name for name in alike if name not in tables and not name.lower().endswith((".json", ".xml"))]
    if len(tables) > 1 or (others and not tables):
        raise DataError(
            f"folder: {root / (others or tables)[-1]} is there, and only {TABLE} is read as the table of samples.",
            f"Save it as {TABLE} (CSV in UTF-8), or give it another name if it is something else.",
        )
    return root / tables[0] if tables else None


def read_table(table: Path) -> list[Row]:
    """The lines that are not empty. Columns can be separated by commas, semicolons or tabs.

    Raises
        DataError: the table cannot be read, lacks the columns `fg_bg` and `bg`, or has a column of splits with another
            name.
    """
    lines = _text(table).splitlines()
    skipped = 1 if lines and lines[0].strip().lower().startswith(EXCEL) else 0
    columns, delimiter = _columns(table, lines[skipped] if len(lines) > skipped else "")
    reader = csv.reader(io.StringIO("\n".join(lines[skipped + 1 :])), delimiter=delimiter)
    cells: list[tuple[int, dict[str, str]]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                padded = [cell.strip() for cell in row] + [""] * len(columns)
                cells.append((reader.line_num + skipped + 1, dict(zip(columns, padded, strict=False))))
    except csv.Error as error:
        raise DataError(f"{table} cannot be read ({error}).", "Save it as CSV in UTF-8.") from error
    _refuse_other_splits(table, columns, [row for _, row in cells])
    return [_row(f"line {line} of {table}", row, SPLIT in columns) for line, row in cells]


def _row(source: str, cells: dict[str, str], has_split: bool) -> Row:
    written = cells.get(SPLIT, "")
    split = split_of(written)
    unknown = f"`{written}`" if has_split and split is None else ""
    return Row(source, {name: cells[name] for name in FILES if name in cells}, split, unknown)


def _text(table: Path) -> str:
    try:
        content = table.read_bytes()
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{table} cannot be read ({error}).", "Save it as CSV in UTF-8.") from error


def _columns(table: Path, header: str) -> tuple[list[str], str]:
    for delimiter in DELIMITERS:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        columns = [cell.strip().casefold() for cell in cells]
        if {"fg_bg", "bg"} <= set(columns):
            if twice := {name for name in columns if name and columns.count(name) > 1}:
                raise DataError(f"{table} has several columns {min(twice)}.", "Keep one of each.")
            return columns, delimiter
    raise DataError(
        f"{table} has no columns fg_bg and bg in its first line.",
        "Write `fg_bg,bg,mask,depth,bg_depth,split` there, separated by commas, semicolons or tabs. Only the first two "
        "are required. Paths are relative to its folder.",
    )


def _refuse_other_splits(table: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    """Raise DataError if another column holds splits, or has the name of a split. If mdf ignored it, a declared test
    set could be used for training."""
    if SPLIT in columns:
        return
    for column in columns:
        found = {split_of(row[column]) for row in rows if row[column]}
        holds = None not in found and bool(found - {"train"})
        named = split_of(column.removeprefix("is").removeprefix("in"))
        if column not in FILES and (holds or named):
            what = f"holds splits ({', '.join(sorted(map(str, found)))})" if holds else "has the name of a split"
            raise DataError(
                f"{table} has a column `{column}` that {what}, and only the column `{SPLIT}` is followed.",
                f"Call it {SPLIT} and write train, val or test there; if it is something else, use other words.",
            )
