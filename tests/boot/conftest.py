# SPDX-License-Identifier: GPL-2.0-only
"""The boot tier: on the user's own cache, so that the kernels are built once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from running import COMMAND, Boot, Done


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
            [*COMMAND, "boot", *config, *args, "--run-dir", str(run_dir)],
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
def green(boot: Boot) -> Done:
    """One green run on four nodes."""
    return boot()
