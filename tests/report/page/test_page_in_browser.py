"""The page in a browser: it works without a network, a mouse or a wide screen, and runs only its own scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_report import HOSTILE, gallery_of, report_of

from mdf.report.page.page import write_page

PLOTS = ("tradeoff", "curves", "conditions")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with hostile names, two seeds, conditions, pictures and a failed trial."""
    folder = tmp_path_factory.mktemp("study <b>of harm<")
    report = report_of(folder, rows=10, seeds=2)
    path = folder / "report.html"
    write_page(path, report, gallery_of(folder, report), ["a plugin.py"])
    return path


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    """The page, opened on a wide screen, with its plots drawn."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(page.as_uri())
    _wait_for_plots(browser)
    return browser


def _wait_for_plots(browser: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    drawn = "return [...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('.main-svg'))"
    WebDriverWait(browser, 60).until(lambda b: b.execute_script(drawn))


def _settle(browser: Any) -> None:
    """Wait until the plots have drawn the last change."""
    browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 150));")


def _column(browser: Any, number: int) -> list[str]:
    rows = "document.querySelector('table.sortable').tBodies[0].rows"
    script = f"return [...{rows}].map((row) => row.cells[arguments[0]].innerText.split('(')[0].trim())"
    return [str(text) for text in browser.execute_script(script, number)]


def test_it_opens_without_errors_and_sends_no_request(opened: Any) -> None:
    messages = [entry for entry in opened.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert messages == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_hostile_names_are_text_and_never_run(opened: Any) -> None:
    assert opened.execute_script("return window.harmed === undefined")
    assert opened.execute_script("return document.querySelectorAll('main script, main i, main dl script').length") == 0
    said = opened.execute_script("return document.querySelector('main').innerText")
    assert f"no memory {HOSTILE}" in said
    assert f"a note of {HOSTILE}" in said
    plotted = opened.execute_script("return document.querySelector('#tradeoff .plot').textContent")
    assert HOSTILE in plotted
    ticks = opened.execute_script("return document.querySelector('#conditions .plot').textContent")
    assert HOSTILE in ticks


def test_an_injected_script_does_not_run(opened: Any) -> None:
    opened.execute_script("""const made = document.createElement('div'); document.body.append(made);
        made.innerHTML = '<img src="x:" onerror="window.harmed = 2">';""")
    _settle(opened)
    assert opened.execute_script("return window.harmed === undefined")
    opened.get_log("browser")


def test_a_heading_sorts_the_best_first_then_the_worst(opened: Any) -> None:
    heading = "document.querySelectorAll('table.sortable thead th')[{}]"
    for number, reverse in ((1, True), (2, False)):
        order = "descending" if reverse else "ascending"
        opened.execute_script(f"{heading.format(number)}.firstElementChild.click()")
        assert opened.execute_script(f"return {heading.format(number)}.getAttribute('aria-sort')") == order
        values = [float(text.split()[0]) for text in _column(opened, number) if text[0].isdigit()]
        assert values == sorted(values, reverse=reverse)
        assert _column(opened, number)[-1] == "–", "cells without a value come last"
        opened.execute_script(f"{heading.format(number)}.firstElementChild.click()")
        assert [float(t.split()[0]) for t in _column(opened, number) if t[0].isdigit()] == values[::-1] or len(
            set(values)
        ) < len(values)
        assert _column(opened, number)[-1] == "–"
    sorts = opened.execute_script("return [...document.querySelectorAll('[aria-sort]')].map((h) => h.ariaSort)")
    assert sorts.count("none") == len(sorts) - 1


def test_the_keyboard_reaches_the_results_and_sorts(opened: Any) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    body = opened.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    first = opened.switch_to.active_element
    assert first.text == "Skip to the results"
    assert first.is_displayed()
    assert opened.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    first.send_keys(Keys.ENTER)
    assert opened.execute_script("return document.activeElement.id") == "main"
    button = opened.find_elements(By.CSS_SELECTOR, "table.sortable thead button")[1]
    button.send_keys(Keys.ENTER)
    assert button.find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"


def test_every_picture_and_plot_has_a_text(opened: Any) -> None:
    assert opened.execute_script("return [...document.images].filter((image) => !image.alt).length") == 0
    assert opened.execute_script("return [...document.images].filter((i) => i.complete && !i.naturalWidth).length") == 0
    assert opened.execute_script("return [...document.querySelectorAll('.plot')].map((p) => p.ariaLabel)") != []
    assert opened.execute_script("return [...document.querySelectorAll('.plot')].every((p) => p.ariaLabel.length > 10)")


def test_a_configuration_can_be_hidden_from_plots_and_pictures(opened: Any) -> None:
    traces = "return document.querySelector('#{} .plot').data.length"
    before = {plot: opened.execute_script(traces.format(plot)) for plot in PLOTS}
    assert before == {"tradeoff": 10, "curves": 19, "conditions": 10}
    opened.execute_script("document.querySelector('[data-toggle=\"1\"]').click()")
    _settle(opened)
    after = {plot: opened.execute_script(traces.format(plot)) for plot in PLOTS}
    assert after == {"tradeoff": 9, "curves": 17, "conditions": 9}
    panels = "[...document.querySelectorAll('figure[data-row]')]"
    hidden = f"return {panels}.filter((panel) => !panel.offsetParent).map((panel) => panel.dataset.row)"
    assert set(opened.execute_script(hidden)) == {"1"}


def test_an_axis_can_show_any_column(opened: Any) -> None:
    opened.execute_script("""const axis = document.getElementById('tradeoff-x');
        axis.value = [...axis.options].find((option) => option.text === 'depth RMSE [m]').value;
        axis.dispatchEvent(new Event('change'));""")
    _settle(opened)
    assert (
        opened.execute_script("return document.querySelector('#tradeoff .plot').layout.xaxis.title.text")
        == "depth RMSE [m] (lower is better)"
    )


def test_costs_are_drawn_in_the_unit_of_their_title(opened: Any) -> None:
    opened.execute_script("""const axis = document.getElementById('tradeoff-x');
        axis.value = [...axis.options].find((option) => option.text === 'train memory [MiB]').value;
        axis.dispatchEvent(new Event('change'));""")
    _settle(opened)
    drawn = opened.execute_script("return document.querySelector('#tradeoff .plot').data.map((trace) => trace.x[0])")
    assert sorted(drawn) == [100.0 * n for n in range(1, 10)]


def test_a_button_shows_all_costs(opened: Any) -> None:
    minor = "return document.querySelector('th.minor').offsetParent !== null"
    assert not opened.execute_script(minor)
    opened.execute_script("document.getElementById('all-columns').click()")
    assert opened.execute_script(minor)
    assert opened.execute_script("return document.getElementById('all-columns').ariaPressed") == "true"


def test_light_and_dark_follow_the_system_or_the_button(opened: Any) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    ink = "return document.querySelector('#tradeoff .plot').layout.font.color"
    seen = []
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        _settle(opened)
        seen.append((opened.execute_script(paper), opened.execute_script(ink)))
    assert len(set(seen)) == 2
    opened.execute_script("document.getElementById('theme').click()")
    _settle(opened)
    assert (opened.execute_script(paper), opened.execute_script(ink)) == seen[0]
    opened.execute_script("localStorage.clear()")
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_on_a_phone_tables_scroll_and_the_page_does_not(opened: Any) -> None:
    screen = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    opened.refresh()
    _wait_for_plots(opened)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= 360
    assert opened.execute_script("const t = document.querySelector('.scroll'); return t.scrollWidth > t.clientWidth")


def test_the_numbers_can_be_saved_from_the_page(opened: Any) -> None:
    saved = opened.execute_async_script("""const done = arguments[0];
        URL.createObjectURL = (blob) => { blob.text().then(done); return "#"; };
        document.querySelector('[data-save="report-csv"]').click();""")
    assert saved.startswith("configuration,trial,seed,status,reason,column")
