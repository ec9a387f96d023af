"""The page: what a study found, put into its template with scripts, plots' library and pictures. Torch-free."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

from mdf import __version__
from mdf.core.files import write_text
from mdf.report.frames.frame import Gallery
from mdf.report.page import pictures, plots, tables
from mdf.report.page.commands import configurations
from mdf.report.page.export import to_csv
from mdf.report.page.looks import COLOURS
from mdf.report.report import StudyReport

HOME = "mdf.report.page"


def write_page(path: Path, report: StudyReport, gallery: Gallery | None, plugins: Sequence[str]) -> None:
    """Write the report as one HTML file, whole: it shows all that it holds without any network.

    `plugins` are those that its commands must name. Whatever comes from data and plugins (labels, tags, ids, reasons)
    is escaped, and the page's own policy runs no script but those whose hashes it names.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    environment = Environment(loader=PackageLoader(HOME, ""), autoescape=True, undefined=StrictUndefined)
    scripts = {"theme": _own("theme.js"), "plotly": get_plotlyjs(), "page": _own("page.js")}
    shown = pictures.frames_of(report, gallery)
    context = {
        **tables.context(report),
        **plots.context(report),
        "frames": shown,
        "no_pictures": pictures.missing(report, gallery),
        "configs": configurations(report, plugins),
        "sections": _sections(report, bool(shown)),
        "report_csv": to_csv(report),
        "version": __version__,
        "policy": _policy(scripts.values()),
        "style": Markup(environment.from_string(_own("page.css")).render(colours=COLOURS)),
        "scripts": {name: Markup(code) for name, code in scripts.items()},
    }
    write_text(path, environment.get_template("page.html").render(context))


def _own(name: str) -> str:
    return resources.files(HOME).joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: Iterable[str]) -> str:
    """Nothing is fetched, and no script runs but these."""
    hashes = [hashlib.sha256(code.encode()).digest() for code in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def _sections(report: StudyReport, with_pictures: bool) -> list[tuple[str, str]]:
    told = [("results", "Results")]
    told += [("verdict", "Verdict")] if report.verdict.comparisons else []
    told += [("single-task", "Single-task")] if report.verdict.deltas else []
    told += [("plots", "Plots")]
    told += [("pictures", "Pictures")] if with_pictures else []
    told += [("configurations", "Configurations")]
    told += [] if all(result.ok for result in report.results) else [("failed", "Failed")]
    return [*told, ("protocol", "Protocol")]
