# SPDX-License-Identifier: GPL-2.0-only
"""Where the history is: the URL of a database, read and completed."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from orchestrator.edge.store import runs_root
from orchestrator.model.errors import UsageError

FILE = "history.db"
_FORMS = "sqlite:////folder/history.db or postgresql://user@host/database"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def default_file() -> Path:
    """history.db, in $ORCHESTRATE_RUNS if that is set, else beside runs/."""
    runs = runs_root()
    return (runs if os.environ.get("ORCHESTRATE_RUNS") else runs.parent) / FILE


def history_url(given: str | None = None) -> URL:
    """What was given, else the default file. UsageError if no history can be there."""
    if not given:
        return URL.create("sqlite", database=str(default_file()))
    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:  # neither shows the URL: it may hold a password
        raise UsageError("the history's URL cannot be read", _FORMS) from error
    driver = _DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None:
        raise UsageError(f"no history can be kept in {url.drivername!r}", _FORMS)
    if driver == "sqlite" and (url.database or ":memory:").startswith((":memory:", "file:")):
        raise UsageError("a history in memory would be forgotten", _FORMS)
    if driver != "sqlite" and not url.database:
        raise UsageError(f"{shown(url)} names no database", _FORMS)
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """The URL as messages have it: without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
