"""The page's section "Protocol": what every score means, and the environments that trials ran in. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mdf.core.plain import Plain
from mdf.report.columns import ABSENT
from mdf.report.report import StudyReport


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One score: its title, and its value for each of the table's headings."""

    title: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Protocol:
    """The section. An environment is a list of (name, value)."""

    headings: Sequence[str]
    lines: Sequence[ProtocolLine]
    environments: Sequence[Sequence[tuple[str, str]]]


def protocol_of(report: StudyReport) -> Protocol:
    """The protocols of all scores; what no score of the study has is left out."""
    scores = [column for column in report.columns if not column.is_cost and not column.condition]
    parts = dict.fromkeys(
        part for column in scores for part, value in column.protocol.items() if _text(value) != ABSENT
    )
    return Protocol(
        headings=[part.replace("_", " ") for part in parts],
        lines=[ProtocolLine(c.title, [_text(c.protocol.get(part)) for part in parts]) for c in scores],
        environments=_environments(report),
    )


def _environments(report: StudyReport) -> list[list[tuple[str, str]]]:
    """Every environment once."""
    stamps = {json.dumps(dict(r.stamp), sort_keys=True, default=str): r.stamp for r in report.results}
    return [[(key.replace("_", " "), _text(value)) for key, value in stamp.items()] for stamp in stamps.values()]


def _text(value: Plain) -> str:
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
