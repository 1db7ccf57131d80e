# SPDX-License-Identifier: GPL-2.0-only
"""The boot tier: on the user's own cache, so that the kernels are built once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from running import COMMAND, TESTS, Boot, Compare, Done

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.progress import silent

if TYPE_CHECKING:
    from doc_world import World

sys.path.append(str(TESTS / "unit"))  # doc_lines, which both tiers read


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.boot)


@pytest.fixture(scope="session")
def boot(tmp_path_factory: pytest.TempPathFactory) -> Boot:
    """orchestrate boot with these arguments; numa unless --config is among them."""

    def run(*args: str, timeout_s: float = 1800) -> Done:
        run_dir = tmp_path_factory.mktemp("run")
        config = () if "--config" in args else ("--config", "numa")
        done = subprocess.run(
            # Before the words, which may end with a command for the guest.
            [*COMMAND, "boot", *config, "--run-dir", str(run_dir), *args],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        file = run_dir / "run.json"
        document = json.loads(file.read_text()) if file.is_file() else {}
        return Done(done.returncode, done.stdout, done.stderr, run_dir, document)

    return run


@pytest.fixture(scope="session")
def compare(tmp_path_factory: pytest.TempPathFactory) -> Compare:
    """(exit code, compare.json, what was printed)."""

    def run(*args: str) -> tuple[int, dict[str, Any], str]:
        folder = tmp_path_factory.mktemp("compare")
        done = subprocess.run(
            [*COMMAND, "compare", *args, "--run-dir", str(folder)],
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        file = folder / "compare.json"
        found = json.loads(file.read_text()) if file.is_file() else {}
        return done.returncode, found, done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def green(boot: Boot) -> Done:
    """One green run on four nodes."""
    return boot()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A reader's home, for the commands of our documents."""
    from doc_world import World

    store = Store(cache_root())
    made = World(tmp_path_factory.mktemp("reader"), fetch(DefaultSource(), store, silent).path)
    yield made
    made.close()
