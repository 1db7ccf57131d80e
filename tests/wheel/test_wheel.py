# SPDX-License-Identifier: GPL-2.0-only
"""The wheel alone, installed away from the checkout, has the command and all its data."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each folder that travels in the wheel, and what of it.
SHIPPED = {
    "kernel-configs": "*.config",
    "kmod": "*",
    "rootfs": "**/*",
    "orchestrator/data": "**/*",
}
BUILD_PRODUCTS = {".o", ".ko", ".mod", ".cmd", ".order", ".symvers", ".pyc"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True)
    return next(folder.glob("*.whl"))


def test_wheel_holds_every_data_file(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    for folder, glob in SHIPPED.items():
        files = [p for p in (ROOT / folder).glob(glob) if p.is_file()]
        files = [p for p in files if p.suffix not in BUILD_PRODUCTS and p.name != ".shellcheckrc"]
        assert files, folder
        for file in files:
            name = str(file.relative_to(ROOT))
            inside = name if name.startswith("orchestrator/") else f"orchestrator/_assets/{name}"
            assert inside in packed, inside


def test_installed_command_finds_its_data(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(wheel)], check=True)
    done = subprocess.run(
        [str(tmp_path / "venv/bin/orchestrate"), "list"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in ("numa", "memoryless", "orch_placement"):
        assert f"  {name} " in done.stdout
