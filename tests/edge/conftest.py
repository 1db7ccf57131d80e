# SPDX-License-Identifier: GPL-2.0-only
"""Fixtures for tests of the edge. (Its presence also lets them `import trees`.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")
