# SPDX-License-Identifier: GPL-2.0-only
"""A store, and what a night is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_inputs import made_inputs

from orchestrator.edge.store import Store
from orchestrator.workflow.night_inputs import Inputs


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty one."""
    return Store(tmp_path / "cache")


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Of one tree with a patch and a series of two."""
    return made_inputs(tmp_path)
