# SPDX-License-Identifier: GPL-2.0-only
"""Histories of both sorts: a file, and a database of a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest

from orchestrator.edge.history.history import History, open_history


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server."""
    if not postgres.installed():
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    with postgres.server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a history can be, and is none yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    server: postgres.Server = request.getfixturevalue("server")
    return server.new_database()


@pytest.fixture
def history(url: str) -> Iterator[History]:
    """An empty one."""
    with open_history(url) as opened:
        yield opened
