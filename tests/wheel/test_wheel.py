# SPDX-License-Identifier: GPL-2.0-only
"""Wheel and sdist, each installed away from the checkout, have the command and all its data."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "edge" / "dashboard"))
from made_run import Made, write_run

ROOT = Path(__file__).resolve().parents[2]
# Each folder that travels in the wheel, and what of it.
SHIPPED = {
    "kernel-configs": "*.config",
    "kmod": "*",
    "rootfs": "**/*",
    "orchestrator/data": "**/*",
}
BUILD_PRODUCTS = {".o", ".ko", ".mod", ".cmd", ".order", ".symvers", ".pyc"}
# What somebody needs besides who has the sdist and no checkout.
SOURCES = ("README.md", "COPYING", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "tox.ini",
           "bootstrap", ".ci/run", "docs/index.md", "docs/run.schema.json", "tests/boot/running.py",
           "tests/kmod-red/Kbuild", "pyproject.toml")  # fmt: skip
SPLAT = """\
[    1.000000] WARNING: kernel/kthread.c:12 at bind_it+0x10/0x20, CPU#0: orch/70
[    1.000001] Call Trace:
[    1.000002]  kthread+0x20/0x30
[    1.000003] ---[ end trace 0000000000000000 ]---
"""


def pip_wheel(source: Path, folder: Path) -> Path:
    """The wheel that pip builds of a tree or an sdist, in an environment of its own."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder)]
    subprocess.run([*command, str(source)], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pip_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.tar.gz"))


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


def test_the_sdist_has_what_the_checkout_has(sdist: Path) -> None:
    with tarfile.open(sdist) as packed:
        top = {name.partition("/")[0] for name in packed.getnames()}
        assert len(top) == 1, "one folder, so that unpacking fills nobody's own"
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert set(SOURCES) <= names
    assert not any(Path(name).suffix in BUILD_PRODUCTS for name in names)


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_checkout(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    """So nothing that is installed lies only in the checkout."""

    def held(path: Path) -> dict[str, int]:
        return {one.filename: one.CRC for one in zipfile.ZipFile(path).infolist()}

    assert held(pip_wheel(sdist, tmp_path)) == held(wheel)


def test_each_installed_in_a_clean_environment_works(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    """The sdist first, with all it depends on; then the wheel in its place."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    install = [str(python), "-m", "pip", "install", "-q"]
    subprocess.run([*install, str(sdist)], check=True)
    used(tmp_path)
    subprocess.run([*install, "--force-reinstall", "--no-deps", str(wheel)], check=True)
    used(tmp_path)
    subprocess.run([str(python), "-m", "pip", "check"], check=True)


def used(folder: Path) -> None:
    """What needs data files and dependencies, and no kernel, away from the checkout."""

    def orchestrate(*args: str, code: int = 0, text: str = "") -> str:
        done = subprocess.run(
            [str(folder / "venv/bin/orchestrate"), *args],
            cwd=folder, capture_output=True, text=True, input=text, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout

    listed = orchestrate("list")
    for name in ("numa", "memoryless", "orch_placement"):
        assert f"  {name} " in listed
    assert "bind_it" in orchestrate("parse", "dmesg", "-", text=SPLAT)
    run = write_run(folder / "run", Made())
    assert "pass" in orchestrate("judge", str(run))
    trace = folder / "run.pftrace"
    orchestrate("report", str(run), "--html", str(run / "report.html"), "--perfetto", str(trace))
    assert 'class="good">pass</span>' in (run / "report.html").read_text()
    assert b"orchestrate" in trace.read_bytes()
    orchestrate("boot", "--config", "no-such-fragment", code=2)
