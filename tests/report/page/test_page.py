"""The page as a file: it needs nothing else, escapes all names, and is small enough to send."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from synthetic_report import HOSTILE, gallery_of, report_of

from mdf.report.frames.gallery import frames_and_side
from mdf.report.page.comparisons import MINUS, comparison_tables
from mdf.report.page.page import write_page


class Reader(HTMLParser):
    """The links of a page, and its text outside of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.links, self.text = 0, [], []  # type: ignore[var-annotated]
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.scripts += tag == "script"
        self.links += [value for name, value in attrs if name in ("src", "href", "action", "srcset")]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in ("script", "style"):
            self.text.append(data)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


@pytest.fixture
def page(tmp_path: Path) -> Path:
    report = report_of(tmp_path, rows=3, seeds=2)
    write_page(tmp_path / "report.html", report, gallery_of(tmp_path, report), [])
    return tmp_path / "report.html"


def test_it_links_only_to_itself(page: Path) -> None:
    links = read(page).links
    assert links
    assert [link for link in links if not link.startswith(("#", "data:image/"))] == []


def test_names_from_data_and_plugins_are_text(page: Path) -> None:
    content = read(page)
    assert content.scripts == 5, "theme, plots' data, numbers, plots' library, page"
    assert HOSTILE in "".join(content.text)


def test_it_shows_results_verdicts_failures_and_commands(page: Path) -> None:
    text = " ".join("".join(read(page).text).split())
    for phrase in (
        "1 of 6 trials ended without scores",
        "no memory",
        "statistically indistinguishable from the best",
        "cannot tell (about 3 more seeds needed)",
        "mdf benchmark --config trial-0-0.toml --predictor none --seed 0 --seed 1",
        "aggregation",
        "its plugin is gone",
    ):
        assert phrase in text


def test_a_study_without_pictures_has_a_page(tmp_path: Path) -> None:
    write_page(tmp_path / "report.html", report_of(tmp_path, rows=2, failed=False), None, [])
    text = (tmp_path / "report.html").read_text()
    assert 'id="pictures"' not in text
    assert 'id="failures"' not in text


def test_a_study_whose_trials_all_failed_has_a_page(tmp_path: Path) -> None:
    report = report_of(tmp_path, rows=1)
    assert not any(result.ok for result in report.results)
    write_page(tmp_path / "report.html", report, None, [])
    assert "1 of 1 trials ended without scores" in (tmp_path / "report.html").read_text()


def test_sixty_trials_stay_under_15_mb(tmp_path: Path) -> None:
    report = report_of(tmp_path, rows=60, epochs=40, failed=False)
    count, side = frames_and_side(60, 2 * 60)
    write_page(tmp_path / "report.html", report, gallery_of(tmp_path, report, 3 * count, side), [])
    size = (tmp_path / "report.html").stat().st_size
    assert size < 15_000_000
    assert len(re.findall(r"<img ", (tmp_path / "report.html").read_text())) > 60 * 2 * 3 * count


def test_a_configuration_compared_with_the_best_one_is_never_better(tmp_path: Path) -> None:
    tables = {table.title: table for table in comparison_tables(report_of(tmp_path, rows=6, seeds=2))}
    assert tables["mask IoU"].best == tables["depth RMSE [m]"].best == "encoder-5"
    for title, sign in (("mask IoU", -1), ("depth RMSE [m]", 1)):
        lines = tables[title].lines
        assert len(lines) == 5
        differences = [number(line.difference) for line in lines]
        assert all(sign * difference > 0 for difference in differences)
        assert all(line.call in ("worse", "cannot tell") for line in lines)
        distances = [line.distance for line in lines]
        assert distances == sorted(distances)
        assert distances == pytest.approx([abs(difference) for difference in differences], abs=5e-4)
        low, _, high = lines[-1].interval.partition(" to ")
        assert number(low) < differences[-1] < number(high)


def number(text: str) -> float:
    """A signed number as the page prints it."""
    return float(text.replace(MINUS, "-"))
