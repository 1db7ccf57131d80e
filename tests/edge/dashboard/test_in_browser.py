# SPDX-License-Identifier: GPL-2.0-only
"""A dashboard as a browser has it: on a desk and on a phone, light and dark, by keyboard, without
script, and with names that mean harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import in_page
import pytest
from made_history import Shape, fill
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from orchestrator.edge.history.history import open_history
from orchestrator.workflow.night_dashboard import make_dashboard

pytestmark = pytest.mark.skipif(
    not browser.installed(), reason="Chromium is not installed (Debian: chromium, chromium-driver)"
)
EVIL = (
    "<script>harmed=1</script><img src='https://example.org/x' onerror=harmed=1>'\"></a></bdi>"
    "</style></svg></title>javascript:harmed=1\u202e\u2067\x1b]0;x\x07" + "long" * 80
)


@pytest.fixture(scope="module")
def driver() -> Iterator[WebDriver]:
    """One browser for all."""
    with browser.chromium() as running:
        yield running


def made(folder: Path, shape: Shape) -> Path:
    """The folder of a dashboard, beside its run directories."""
    for place in range(0, len(shape.cells), 2):
        run = folder / "runs" / f"{shape.nights - 1}-{place}"
        run.mkdir(parents=True)
        (run / "dmesg.log").write_text("[ 0.0] Linux version\n")
    with open_history(f"sqlite:///{folder}/history.db") as history:
        fill(history, shape)
        make_dashboard(history, folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty nights of a matrix."""
    folder = tmp_path_factory.mktemp("plain")
    return made(folder, Shape(nights=40, runs_in=str(folder / "runs")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that has a name has one that means harm."""
    folder = tmp_path_factory.mktemp("hostile")
    shape = Shape(nights=12, trees=(EVIL,), patches=("", f"fix{EVIL}"), configs=(EVIL, "numa"),
                  topologies=(EVIL, "numa4"), tests=12, matrix=EVIL, suffix=EVIL,
                  runs_in=str(folder / "runs"))  # fmt: skip
    return made(folder, shape)


@pytest.fixture(params=["plain", "hostile"])
def folder(request: pytest.FixtureRequest) -> Path:
    """Either."""
    found: Path = request.getfixturevalue(request.param)
    return found


def kinds(folder: Path) -> list[Path]:
    """One page of each kind, the first of those there are several of."""
    found: dict[str, Path] = {}
    for page in sorted(folder.glob("*.html")):
        found.setdefault(page.name.split("-")[0], page)
    assert {"index.html", "cell", "suite", "tests.html", "timing.html"} <= set(found)
    return list(found.values())


def test_nothing_is_asked_of_a_network_and_nothing_complained_of(
    driver: WebDriver, folder: Path
) -> None:
    browser.look(driver)
    for page in sorted(folder.glob("*.html")):
        driver.get(page.as_uri())
    assert browser.requests(driver) == {}
    assert browser.complaints(driver) == []


def test_the_browser_would_not_let_a_page_do_more(driver: WebDriver, plain: Path) -> None:
    """Were anything in it not escaped, it could neither run nor call; and it is complained of."""
    page = plain / "index.html"
    bad = plain / "bad.html"
    planted = "<script>harmed=1</script><img src='https://example.org/x' onerror='harmed=1'></main>"
    bad.write_text(page.read_text().replace("</main>", planted))
    browser.look(driver)
    driver.get(bad.as_uri())
    bad.unlink()
    assert driver.execute_script("return typeof window.harmed") == "undefined"
    assert len(browser.complaints(driver)) >= 2
    assert browser.requests(driver) == {"https://example.org/x": "csp"}


def test_names_that_mean_harm_do_none(driver: WebDriver, hostile: Path) -> None:
    browser.look(driver)
    for page in kinds(hostile):
        driver.get(page.as_uri())
        harmed, scripts, others, foreign, direction = driver.execute_script(in_page.HARMED)
        assert (harmed, others, foreign, direction) == ("undefined", 0, 0, "ltr"), page
        assert scripts <= 1


@pytest.mark.parametrize("width", [320, 360, 800])
def test_no_page_is_wider_than_the_window(driver: WebDriver, folder: Path, width: int) -> None:
    browser.look(driver, width=width, height=740)
    for page in kinds(folder):
        driver.get(page.as_uri())
        assert driver.execute_script(in_page.TOO_WIDE) == [], page.name


@pytest.mark.parametrize("dark", [False, True])
def test_all_of_it_can_be_read_light_and_dark(driver: WebDriver, plain: Path, dark: bool) -> None:
    browser.look(driver, dark=dark)
    seen = set()
    for page in kinds(plain):
        driver.get(page.as_uri())
        assert driver.execute_script(in_page.LOW_CONTRAST) == [], page.name
        script = "return getComputedStyle(document.body).backgroundColor"
        seen.add(driver.execute_script(script))
    assert seen == {"rgb(18, 20, 23)" if dark else "rgb(251, 251, 252)"}


def test_what_is_too_faint_is_noticed(driver: WebDriver, plain: Path) -> None:
    browser.look(driver)
    driver.get((plain / "index.html").as_uri())
    driver.execute_script("document.querySelector('h1').style.color = '#999'")
    assert len(driver.execute_script(in_page.LOW_CONTRAST)) == 1


def focused(driver: WebDriver) -> dict[str, Any]:
    found: dict[str, Any] = driver.execute_script(in_page.FOCUSED)
    return found


@pytest.mark.parametrize("width", [360, 1280])
def test_the_keyboard_comes_to_everything_in_order_and_is_seen(
    driver: WebDriver, plain: Path, width: int
) -> None:
    browser.look(driver, width=width, still=True)
    for name in ("index.html", "crashes.html", "tests.html"):
        driver.get((plain / name).as_uri())
        expected = driver.execute_script(in_page.REACHABLE)
        reached = []
        for _ in expected:
            ActionChains(driver).send_keys(Keys.TAB).perform()
            found = focused(driver)
            assert found["framed"] and found["seen"], found["html"]
            reached.append(found["html"])
        assert reached == expected


def test_the_skip_link_leads_past_the_pages_head(driver: WebDriver, plain: Path) -> None:
    browser.look(driver, still=True)
    driver.get((plain / "index.html").as_uri())
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert "Skip to content" in focused(driver)["html"]
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert focused(driver)["tag"] == "MAIN"
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.execute_script("return document.activeElement.closest('main') != null")


def spoken(driver: WebDriver) -> list[tuple[str, str]]:
    """(role, name) of all that a screen reader is given."""
    tree = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})
    return [
        (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
        for node in tree["nodes"]
        if not node.get("ignored")
    ]


def test_a_screen_reader_is_told_everything_by_name(driver: WebDriver, folder: Path) -> None:
    browser.look(driver)
    for page in kinds(folder):
        driver.get(page.as_uri())
        found = spoken(driver)
        roles = [role for role, _ in found]
        for role in ("main", "banner", "contentinfo", "navigation"):
            assert roles.count(role) == 1, (page.name, role)
        for role, name in found:
            if role in ("link", "image", "img", "searchbox", "region", "table", "heading"):
                assert name.strip(), (page.name, role)
        assert not [n for role, n in found if role == "link" and n.strip() in ("run", "folder")]


def test_a_strip_is_read_out_in_words(driver: WebDriver, plain: Path) -> None:
    browser.look(driver)
    driver.get(next(plain.glob("cell-*.html")).as_uri())
    pictures = [name for role, name in spoken(driver) if role in ("image", "img")]
    assert pictures and all(name.startswith("40 nights: ") for name in pictures)


def test_the_filter_leaves_what_has_all_words(driver: WebDriver, plain: Path) -> None:
    browser.look(driver)
    driver.get(next(plain.glob("cell-*.html")).as_uri())
    box = driver.find_element(By.ID, "filter")
    box.send_keys("ORCH_park idempotent")
    rows = driver.find_elements(By.CSS_SELECTOR, ".hist > li")
    shown = [row.text for row in rows if row.is_displayed()]
    assert len(shown) == 1 and "orch_park.is_idempotent" in shown[0]
    assert driver.find_element(By.CSS_SELECTOR, "[role=status]").text == f"1 of {len(rows)} shown"
    box.clear()
    box.send_keys(" ")
    assert all(row.is_displayed() for row in rows)


def test_without_script_all_is_there_and_no_dead_box(driver: WebDriver, plain: Path) -> None:
    browser.look(driver)
    page = next(plain.glob("cell-*.html")).as_uri()
    driver.get(page)
    with_script = spoken(driver)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.get(page)
        without = spoken(driver)
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "searchbox" in [role for role, _ in with_script]
    assert "searchbox" not in [role for role, _ in without]
    links = [[name for role, name in each if role == "link"] for each in (with_script, without)]
    assert links[0] == links[1]


def test_nothing_moves_for_who_wants_it_still(driver: WebDriver, plain: Path) -> None:
    for still in (False, True):
        browser.look(driver, still=still)
        driver.get((plain / "index.html").as_uri())
        expected = ["auto" if still else "smooth", 0]
        assert driver.execute_script(in_page.MOVING) == expected


def test_on_paper_there_is_no_navigation_and_nothing_cut_off(
    driver: WebDriver, plain: Path
) -> None:
    browser.look(driver, dark=True)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        driver.get((plain / "index.html").as_uri())
        assert not driver.find_element(By.TAG_NAME, "nav").is_displayed()
        script = "return getComputedStyle(document.querySelector('.scroll')).overflowX"
        assert driver.execute_script(script) == "visible"
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_from_tonight_to_a_cell_to_its_log(
    driver: WebDriver, request: pytest.FixtureRequest, name: str
) -> None:
    folder: Path = request.getfixturevalue(name)
    browser.look(driver, still=True)
    driver.get((folder / "index.html").as_uri())
    driver.find_element(By.CSS_SELECTOR, "table.grid td a").click()
    assert "/cell-" in driver.current_url
    driver.find_element(By.PARTIAL_LINK_TEXT, "dmesg.log").click()
    assert driver.current_url.endswith("/dmesg.log")
    assert "Linux version" in driver.find_element(By.TAG_NAME, "body").text
