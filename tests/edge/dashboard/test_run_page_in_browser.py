# SPDX-License-Identifier: GPL-2.0-only
"""A run's page as a browser has it: wide and narrow, light and dark, on paper, by keyboard, and
with names that mean harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import browser
import in_page
import pytest
from made_run import Made, write_run
from msgspec.structs import replace
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from orchestrator.model import rundir as names
from orchestrator.model.run_page import RunPage
from orchestrator.report.run_page import run_page
from orchestrator.workflow.run_page import gather

pytestmark = pytest.mark.skipif(
    not browser.installed(), reason="Chromium is not installed (Debian: chromium, chromium-driver)"
)
EVIL = (
    "<script>harmed=1</script><img src='https://example.org/x' onerror=harmed=1>'\"></a></bdi>"
    "</pre></style></svg></title>javascript:harmed=1\u202e\u2067\x1b]0;x\x07" + "long" * 80
)
SOURCE = "".join(f"\tif (a < {number} && b > 0) call(); /* </pre> */\n" for number in range(1, 30))
KINDS = ("green", "red", "cut", "large", "hostile")

# Everything that is told by a colour near green, except the verdict: its hue, not by name.
GREENISH = """
const green = (text) => {
	const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
	return a !== 0 && g > 1.25 * r && g > 1.25 * b;
};
return [...document.querySelectorAll("body, body *")].filter((each) => {
	const style = getComputedStyle(each);
	return ["color", "backgroundColor", "borderLeftColor", "borderTopColor", "stroke", "fill"]
		.some((name) => style[name].startsWith("rgb") && green(style[name]));
}).map((each) => each.outerHTML.slice(0, 80));
"""

# Cells of the heat maps: contrast of what is in them with what they are filled with is looked at by
# LOW_CONTRAST; here, that they are filled at all.
SHADED = """
return new Set([...document.querySelectorAll("table.heat td")].map(
	(each) => getComputedStyle(each).backgroundColor)).size;
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[WebDriver]:
    """One browser for all."""
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind, in its run directory."""
    folder = tmp_path_factory.mktemp("pages")
    cache = tmp_path_factory.mktemp("cache")
    for file in ("kernels/k/src/kernel/kthread.c", "modules/m/orch_made_test.c"):
        (cache / file).parent.mkdir(parents=True)
        (cache / file).write_text(SOURCE)
    keys = (("kernel", "k"), ("module", "m"))
    red = Made(warned=True, failed=3, coverage=True, keys=keys)
    kinds = {
        "green": Made(),
        "red": red,
        "cut": Made(),
        "large": Made(nodes=24, cases=400, works=4),
        "hostile": replace(red, name=EVIL),
    }
    made: dict[str, Path] = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ORCHESTRATE_CACHE", str(cache))
        for name, what in kinds.items():
            run = write_run(folder / name, what)
            if name == "cut":
                trace = (run / names.TRACE).read_bytes()
                (run / names.TRACE).write_bytes(trace[: len(trace) // 2])
            made[name] = run / names.REPORT
            page = gather(run)
            made[name].write_text(run_page(evil_files(page) if name == "hostile" else page))
    return made


def evil_files(page: RunPage) -> RunPage:
    """Also what stands in no file of a run that is read: names of files, the autopsy, the tail."""
    return replace(page, files=((EVIL, 3),), autopsy=(EVIL,), tail=(EVIL,), damage=(EVIL,),
                   sources_note=EVIL, coverage_note=EVIL)  # fmt: skip


@pytest.fixture(params=KINDS)
def page(request: pytest.FixtureRequest, pages: dict[str, Path]) -> Path:
    """Each of them."""
    return pages[request.param]


def test_nothing_is_asked_of_a_network_and_nothing_complained_of(
    driver: WebDriver, page: Path
) -> None:
    browser.look(driver)
    driver.get(page.as_uri())
    assert browser.requests(driver) == {}
    assert browser.complaints(driver) == []
    assert len(driver.get_log("performance")) < 50


def test_names_that_mean_harm_do_none(driver: WebDriver, pages: dict[str, Path]) -> None:
    browser.look(driver)
    driver.get(pages["hostile"].as_uri())
    harmed, scripts, others, foreign, direction = driver.execute_script(in_page.HARMED)
    assert (harmed, scripts, others, foreign, direction) == ("undefined", 0, 0, 0, "ltr")
    assert driver.title.startswith("fail: ")
    text = pages["hostile"].read_text()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_the_browser_would_not_let_a_page_do_more(
    driver: WebDriver, pages: dict[str, Path]
) -> None:
    """Were anything in it not escaped, it could neither run nor call; and it is complained of."""
    bad = pages["green"].with_name("bad.html")
    planted = "<script>harmed=1</script><img src='https://example.org/x' onerror='harmed=1'></main>"
    bad.write_text(pages["green"].read_text().replace("</main>", planted))
    browser.look(driver)
    driver.get(bad.as_uri())
    bad.unlink()
    assert driver.execute_script("return typeof window.harmed") == "undefined"
    assert len(browser.complaints(driver)) >= 2
    assert browser.requests(driver) == {"https://example.org/x": "csp"}


@pytest.mark.parametrize("width", [320, 390, 800])
def test_no_page_is_wider_than_the_window(driver: WebDriver, page: Path, width: int) -> None:
    browser.look(driver, width=width, height=740)
    driver.get(page.as_uri())
    driver.execute_script("document.querySelectorAll('details').forEach((x) => { x.open = true })")
    assert driver.execute_script(in_page.TOO_WIDE) == []


@pytest.mark.parametrize("dark", [False, True])
def test_all_of_it_can_be_read_light_and_dark(driver: WebDriver, page: Path, dark: bool) -> None:
    browser.look(driver, dark=dark)
    driver.get(page.as_uri())
    driver.execute_script("document.querySelectorAll('details').forEach((x) => { x.open = true })")
    assert driver.execute_script(in_page.LOW_CONTRAST) == []
    back = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(18, 20, 23)" if dark else "rgb(255, 255, 255)")


def test_what_is_too_faint_is_noticed(driver: WebDriver, pages: dict[str, Path]) -> None:
    browser.look(driver)
    driver.get(pages["green"].as_uri())
    driver.execute_script("document.querySelector('table.heat td').style.color = '#9ab'")
    assert len(driver.execute_script(in_page.LOW_CONTRAST)) == 1
    assert driver.execute_script(SHADED) >= 2


@pytest.mark.parametrize("dark", [False, True])
def test_only_a_proven_verdict_is_green(
    driver: WebDriver, pages: dict[str, Path], dark: bool
) -> None:
    browser.look(driver, dark=dark)
    for kind, page in pages.items():
        driver.get(page.as_uri())
        found = driver.execute_script(GREENISH)
        if kind in ("green", "large"):
            assert len(found) == 1 and 'id="verdict"' in found[0]
        else:
            assert found == [], kind


def test_a_run_cut_short_says_so_before_all_else(driver: WebDriver, pages: dict[str, Path]) -> None:
    browser.look(driver)
    driver.get(pages["cut"].as_uri())
    assert driver.title.startswith("incomplete: ")
    words = driver.execute_script("return document.querySelector('main').innerText")
    assert words.startswith("Not all of this run is there")
    assert "trace.log has no end mark" in words and "run.json says pass" in words


def test_the_keyboard_comes_to_everything_in_order_and_is_seen(
    driver: WebDriver, pages: dict[str, Path]
) -> None:
    browser.look(driver, width=390, still=True)
    driver.get(pages["red"].as_uri())
    expected = driver.execute_script(in_page.REACHABLE)
    reached = []
    for _ in expected:
        ActionChains(driver).send_keys(Keys.TAB).perform()
        found = driver.execute_script(in_page.FOCUSED)
        assert found["framed"] and found["seen"], found["html"]
        reached.append(found["html"])
    assert reached == expected
    summaries = [html for html in expected if html.startswith("<summary")]
    assert len(summaries) >= 4


def test_the_keyboard_opens_what_is_closed(driver: WebDriver, pages: dict[str, Path]) -> None:
    browser.look(driver)
    driver.get(pages["green"].as_uri())
    script = "const one = document.querySelector('details:not([open]) > summary'); one.focus();"
    driver.execute_script(script)
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert driver.execute_script("return document.activeElement.parentElement.open")


def test_a_screen_reader_is_told_everything_by_name(driver: WebDriver, page: Path) -> None:
    browser.look(driver)
    driver.get(page.as_uri())
    tree = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})
    found = [
        (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
        for node in tree["nodes"]
        if not node.get("ignored")
    ]
    roles = [role for role, _ in found]
    for role in ("main", "banner", "contentinfo", "navigation"):
        assert roles.count(role) == 1, role
    for role, name in found:
        if role in ("link", "image", "img", "region", "heading"):
            assert name.strip(), role


def test_on_paper_there_is_no_navigation_and_nothing_is_closed(
    driver: WebDriver, pages: dict[str, Path]
) -> None:
    browser.look(driver, dark=True)
    driver.get(pages["green"].as_uri())
    closed = "return document.querySelector('details:not([open]) table').checkVisibility()"
    back = "return getComputedStyle(document.documentElement).colorScheme"
    assert driver.execute_script(closed) is False
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert driver.execute_script(closed) is True
        assert driver.execute_script(back) == "light"
        hidden = "return document.querySelector('nav').checkVisibility()"
        assert driver.execute_script(hidden) is False
        assert driver.execute_script(in_page.LOW_CONTRAST) == []
        printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
        assert len(printed["data"]) > 10_000
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_files_of_the_run_are_a_click_away(driver: WebDriver, pages: dict[str, Path]) -> None:
    browser.look(driver)
    driver.get(pages["red"].as_uri())
    driver.find_element("link text", "build.log").click()
    assert driver.current_url.endswith("/build.log")
