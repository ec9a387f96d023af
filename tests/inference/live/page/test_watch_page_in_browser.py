"""The page in Chromium: zones are drawn with the mouse and with the keyboard, it asks nothing of any other machine, it
can be read by day, by night and on a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from served_page import WALKER, Served

DARK = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture
def opened(browser: Any, served: Served) -> Iterator[Any]:
    """The page on a wide screen, with a picture and two events."""
    served.show("gate", objects=[])
    served.show("yard", [WALKER, replace(WALKER, id=4, box=(0.6, 0.4, 0.7, 0.8), outline=((0.6, 0.4), (0.7, 0.8)))])
    served.tell(1, "begin")
    served.tell(2, "begin", "camera covered", "gate")
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(served.page.url)
    wait(browser, "return document.getElementById('events').children.length === 2")
    wait(browser, "return document.getElementById('picture').naturalWidth === 320")
    yield browser
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.get("about:blank")


def wait(browser: Any, script: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 60, 0.1).until(lambda b: b.execute_script(script))


def text(browser: Any, name: str) -> str:
    return str(browser.execute_script("return document.getElementById(arguments[0]).innerText", name))


def click(browser: Any, name: str) -> None:
    from selenium.webdriver.common.by import By

    browser.find_element(By.ID, name).click()


def corners(served: Served, zone: str) -> list[tuple[float, ...]]:
    shape = served.watch.zones["yard"][zone]
    return [tuple(round(float(number), 1) for number in point.split(",")) for point in shape.split(";")]


def test_it_asks_nothing_of_another_machine_and_reports_no_error(opened: Any, served: Served) -> None:
    for kind in ("depth", "picture"):
        opened.execute_script(f"document.querySelector('[data-kind={kind}]').click()")
        wait(opened, f"return document.getElementById('picture').alt.startsWith('{kind} of yard')")
    assert [entry for entry in opened.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert {url.partition("?")[0] for url in asked} >= {served.page.url, f"{served.page.url}api/state"}
    assert [url for url in asked if not url.startswith((served.page.url, "data:"))] == []


def test_objects_events_and_health_are_shown(opened: Any) -> None:
    assert "3 4.2 m 1.1 m/s" in text(opened, "objects")
    assert opened.execute_script("return document.querySelectorAll('#overlay .object').length") == 2
    assert "Depth is in metres" in text(opened, "legend")
    assert "camera covered" in text(opened, "health")
    assert "camera covered" in text(opened, "events")
    assert opened.execute_script("return document.querySelector('#events img').alt") != ""
    assert "hidden-word" not in opened.page_source


def test_the_next_frame_and_the_other_camera_come(opened: Any, served: Served) -> None:
    served.show("yard", objects=[])
    wait(opened, "return document.getElementById('objects').innerText === ''")
    opened.execute_script("document.querySelectorAll('#cameras button')[1].click()")
    wait(opened, "return document.getElementById('picture').alt.startsWith('picture of gate')")
    assert text(opened, "no-zones") == "This camera has no zone."


def test_a_zone_is_drawn_with_the_mouse_and_saved(opened: Any, served: Served) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    click(opened, "draw")
    surface = opened.find_element(By.ID, "surface")
    width, height = surface.size["width"], surface.size["height"]
    mouse = ActionChains(opened, duration=20)
    for x, y in ((0.2, 0.2), (0.8, 0.2), (0.5, 0.8), (0.2, 0.2)):
        mouse.move_to_element_with_offset(surface, round((x - 0.5) * width), round((y - 0.5) * height)).click()
    mouse.perform()
    click(opened, "save")
    wait(opened, "return document.getElementById('saved').innerText !== ''")
    assert text(opened, "saved") == "Saved, also in street.toml."
    assert corners(served, "zone 1") == [(0.2, 0.2), (0.8, 0.2), (0.5, 0.8)]
    assert "door" in served.watch.zones["yard"]


def test_a_drag_makes_a_box(opened: Any, served: Served) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    served.watch.file = ""
    click(opened, "draw")
    surface = opened.find_element(By.ID, "surface")
    width, height = surface.size["width"], surface.size["height"]
    mouse = ActionChains(opened, duration=20)
    mouse.move_to_element_with_offset(surface, round(0.3 * width), round(0.3 * height)).click_and_hold()
    mouse.move_to_element_with_offset(surface, round(-0.1 * width), round(-0.2 * height)).release().perform()
    click(opened, "save")
    wait(opened, "return document.getElementById('saved').innerText !== ''")
    assert text(opened, "saved") == "In use until mdf watch ends; no config file keeps them."
    assert corners(served, "zone 1") == [(0.4, 0.3), (0.8, 0.3), (0.8, 0.8), (0.4, 0.8)]


def test_a_zone_is_drawn_named_and_saved_with_the_keyboard_alone(opened: Any, served: Served) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(*keys: str) -> None:
        ActionChains(opened).send_keys(*keys).perform()

    def tab_to(name: str) -> None:
        for _ in range(40):
            if opened.execute_script("return document.activeElement.id || document.activeElement.value") == name:
                assert opened.execute_script("return document.activeElement.matches(':focus-visible')")
                return
            press(Keys.TAB)
        raise AssertionError(f"the keyboard does not reach {name}")

    tab_to("draw")
    press(Keys.ENTER)
    assert opened.execute_script("return document.activeElement.id") == "surface"
    press(" ", *[Keys.ARROW_RIGHT] * 10, " ", " ", Keys.BACKSPACE, *[Keys.ARROW_DOWN] * 10, " ", Keys.ENTER)
    assert "zone 1 is drawn" in opened.execute_script("return document.getElementById('said').textContent")
    tab_to("zone 1")
    press("mat", Keys.TAB)
    assert opened.execute_script("return document.activeElement.value") == "0.5,0.5;0.7,0.5;0.7,0.7"
    tab_to("save")
    press(Keys.ENTER)
    wait(opened, "return document.getElementById('saved').innerText !== ''")
    assert corners(served, "mat") == [(0.5, 0.5), (0.7, 0.5), (0.7, 0.7)]


def test_a_zone_that_is_refused_is_told_and_undone(opened: Any, served: Served) -> None:
    served.watch.zones.pop("gate")
    opened.execute_script("document.querySelectorAll('#cameras button')[1].click()")
    click(opened, "draw")
    opened.execute_script("""const s = document.getElementById('surface');
        for (const key of [' ', 'ArrowRight', ' ', 'ArrowDown', ' ', 'Enter'])
          s.dispatchEvent(new KeyboardEvent('keydown', {key}));""")
    click(opened, "save")
    wait(opened, "return document.getElementById('saved').innerText !== ''")
    assert text(opened, "saved").startswith("Not saved")
    opened.get_log("browser")


def axe_script() -> str:
    folder = Path(pytest.importorskip("axe_selenium_python", reason="axe-core is not installed").__file__).parent
    return next(folder.rglob("axe.min.js")).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "dress",
    [pytest.param("day", marks=pytest.mark.slow), pytest.param("night", marks=pytest.mark.slow), "phone, drawing"],
)
def test_axe_finds_nothing(opened: Any, dress: str) -> None:
    if dress == "night":
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", DARK)
    if dress.startswith("phone"):
        opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        click(opened, "draw")
    opened.execute_cdp_cmd("Runtime.evaluate", {"expression": axe_script()})
    found = opened.execute_async_script("const done = arguments[0]; axe.run().then(done);")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert len(found["passes"]) > 15


def test_night_is_dark_and_the_button_turns_it(opened: Any) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    day = opened.execute_script(paper)
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", DARK)
    night = opened.execute_script(paper)
    assert (day, night) == ("rgb(255, 255, 255)", "rgb(16, 19, 22)")
    click(opened, "theme")
    assert opened.execute_script(paper) == day
    opened.execute_script("localStorage.clear()")


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Any) -> None:
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    click(opened, "draw")
    assert opened.execute_script("return document.documentElement.scrollWidth") <= 360
    small = "return [...document.querySelectorAll('main button')].filter((b) => b.offsetParent && b.offsetHeight < 36)"
    assert opened.execute_script(f"{small}.map((b) => b.innerText)") == []
