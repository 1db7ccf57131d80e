# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium of our own, with a profile of its own, that has no network to speak of."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def installed() -> bool:
    """Are browser and driver there?"""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


@contextlib.contextmanager
def chromium(*flags: str) -> Iterator[WebDriver]:
    """A browser, with these flags besides; it and its profile are gone afterwards."""
    with tempfile.TemporaryDirectory(
        prefix="orch-chromium-", ignore_cleanup_errors=True
    ) as profile:
        options = Options()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*FLAGS, *flags, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
        try:
            driver.get("about:blank")
            driver.get_log("performance")  # of the page it opened by itself
            yield driver
        finally:
            driver.quit()


def look(driver: WebDriver, *, width: int = 1280, height: int = 900, dark: bool = False,
         still: bool = False) -> None:  # fmt: skip
    """How what comes is seen: size of the window, the reader's wishes."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wishes = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wishes})


def requests(driver: WebDriver) -> dict[str, str]:
    """What was asked for since this was last asked, and is no file: URL → why the browser did not
    let it through, "" if it did."""
    urls, why = dict[str, str](), dict[str, str]()
    for entry in driver.get_log("performance"):
        message: dict[str, Any] = json.loads(entry["message"])["message"]
        params = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            urls[params["requestId"]] = params["request"]["url"]
        elif message["method"] == "Network.loadingFailed":
            why[params["requestId"]] = params.get("blockedReason", "")
    return {
        url: why.get(key, "")
        for key, url in urls.items()
        if not url.startswith(("file:", "chrome:", "about:"))
    }


def complaints(driver: WebDriver) -> list[str]:
    """What the console said since this was last asked."""
    return [str(entry["message"]) for entry in driver.get_log("browser")]
