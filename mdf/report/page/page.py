"""The HTML page: collects its sections, and renders them with scripts, style and pictures into one file. Torch-free."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from mdf import __version__
from mdf.core.files import finite, write_text
from mdf.report.formats.to_csv import to_csv
from mdf.report.frames.frame import Gallery
from mdf.report.page.comparisons import ComparisonTable, DeltaLine, comparison_tables, delta_lines
from mdf.report.page.configurations import Configuration, configurations_of
from mdf.report.page.pictures import FramePictures, MissingPictures, missing_pictures, pictures_of
from mdf.report.page.plots import Plots, plots_of
from mdf.report.page.protocol import Protocol, protocol_of
from mdf.report.page.results import Results, results_of
from mdf.report.page.row_style import COLOURS
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult

PACKAGE = "mdf.report.page"
ASSETS = "assets"


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template `page.html` shows.

    Attributes:
        name: the study's name.
        summary: how many configurations and trials, on which data.
        file_name: the name under which the CSV is saved.
        trials, failures: all trials' number, and those without scores.
        several_seeds: whether a configuration has more than one trial with scores.
    """

    name: str
    summary: str
    file_name: str
    trials: int
    failures: Sequence[TrialResult]
    several_seeds: bool
    results: Results
    comparisons: Sequence[ComparisonTable]
    deltas: Sequence[DeltaLine]
    plots: Plots
    frames: Sequence[FramePictures]
    missing_pictures: Sequence[MissingPictures]
    configurations: Sequence[Configuration]
    protocol: Protocol
    csv: str

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The entries of the navigation: (id, title)."""
        every = [
            ("results", "Results", True),
            ("verdict", "Verdict", self.comparisons),
            ("single-task", "Single-task", self.deltas),
            ("plots", "Plots", True),
            ("pictures", "Pictures", self.frames),
            ("configurations", "Configurations", True),
            ("failures", "Failures", self.failures),
            ("protocol", "Protocol", True),
        ]
        return [(name, title) for name, title, is_shown in every if is_shown]


def page_of(report: StudyReport, gallery: Gallery | None, plugins: Sequence[str]) -> Page:
    """The content of the page; `plugins` are those that its commands must name."""
    name = report.folder.name
    return Page(
        name=name,
        summary=_summary(report),
        file_name=re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "report",
        trials=len(report.results),
        failures=[result for result in report.results if not result.ok],
        several_seeds=any(len(row.done) > 1 for row in report.rows),
        results=results_of(report),
        comparisons=comparison_tables(report),
        deltas=delta_lines(report),
        plots=plots_of(report),
        frames=pictures_of(report, gallery),
        missing_pictures=missing_pictures(report, gallery),
        configurations=configurations_of(report, plugins),
        protocol=protocol_of(report),
        csv=to_csv(report),
    )


def write_page(path: Path, report: StudyReport, gallery: Gallery | None, plugins: Sequence[str]) -> None:
    """Write the report as one HTML file that needs no network.

    `plugins` are those that its commands must name. All text from data and plugins (labels, tags, ids, reasons) is
    escaped, and the page's content security policy allows no scripts but its own. Raises StorageError if `path` cannot
    be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    environment = Environment(loader=PackageLoader(PACKAGE, ASSETS), autoescape=True, undefined=StrictUndefined)
    page = page_of(report, gallery, plugins)
    scripts = {"theme": _asset("theme.js"), "plotly": get_plotlyjs(), "page": _asset("page.js")}
    html = environment.get_template("page.html").render(
        page=page,
        plot_data=finite(asdict(page.plots.data)),
        version=__version__,
        policy=_security_policy(scripts.values()),
        style=Markup(environment.from_string(_asset("page.css")).render(colours=COLOURS)),
        scripts={name: Markup(code) for name, code in scripts.items()},
    )
    write_text(path, html)


def _asset(name: str) -> str:
    return resources.files(PACKAGE).joinpath(ASSETS, name).read_text(encoding="utf-8")


def _security_policy(scripts: Iterable[str]) -> str:
    """A content security policy: the page loads nothing, and runs only `scripts`."""
    digests = [hashlib.sha256(code.encode()).digest() for code in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def _summary(report: StudyReport) -> str:
    rows, trials = len(report.rows), len(report.results)
    data = ", ".join(sorted({_data_name(result) for result in report.results}))
    counts = f"{rows} configuration{'s' if rows != 1 else ''}, {trials} trial{'s' if trials != 1 else ''}"
    return f"{counts} on {data}" if data else counts


def _data_name(result: TrialResult) -> str:
    data = result.config.get("data", "scenes")
    return str(data["name"] if isinstance(data, dict) else data)
