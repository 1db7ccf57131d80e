#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""QEMU of another Debian suite beside the system's, with all its libraries, in a folder of its own.

    python tests/qemus/fetch.py ~/qemus bookworm-backports trixie-backports

makes ~/qemus/trixie-backports/bin/qemu-system-x86_64, for ORCHESTRATE_QEMU. Nothing is installed:
mmdebstrap unpacks the packages, from the mirror of the machine's own apt, and a script starts
QEMU with that suite's loader and libraries. 60 MB to download, 170 MB on the disk, half a minute.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from orchestrator.edge.accelerator import QEMU
from orchestrator.edge.sources.apt import KEYRING, system_suites

PACKAGE = "qemu-system-x86"
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
LOADER = "ld-linux-x86-64.so.2"
SCRIPT = """\
#!/bin/sh
top=$(dirname "$(dirname "$0")")
exec "$top/loader/{qemu}" --library-path "{path}" "$top/root/usr/bin/{qemu}" \\
	-L "$top/root/usr/share/qemu" -L "$top/root/usr/share/seabios" "$@"
"""


def fetch(suite: str, folder: Path) -> Path:
    """The script, made if it is not there. Raises CalledProcessError, StopIteration without
    a Debian mirror."""
    program = folder / "bin" / QEMU
    if program.is_file():
        return program
    mirror = next(each.uri for each in system_suites() if each.main)
    root = folder / "root"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    release = suite.partition("-")[0]
    lines = [f"deb [signed-by={KEYRING}] {mirror} {each} main"
             for each in dict.fromkeys((release, suite))]  # fmt: skip
    options = (f'APT::Default-Release "{suite}"', 'APT::Install-Recommends "false"')
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGE}",
         *(f"--aptopt={option}" for option in options), release, str(root), *lines],
        check=True,
    )  # fmt: skip
    found = [root / each for each in LIBRARIES if (root / each / LOADER).exists()]
    loader = folder / "loader" / QEMU  # its name is what ps shows
    loader.parent.mkdir()
    loader.symlink_to(Path("..") / found[0].relative_to(folder) / LOADER)
    program.parent.mkdir()
    path = ":".join(f"$top/root/{each}" for each in LIBRARIES)
    program.write_text(SCRIPT.format(qemu=QEMU, path=path))
    program.chmod(0o755)
    return program


def main() -> int:
    parser = argparse.ArgumentParser(description="Get QEMUs of other Debian suites.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    asked = parser.parse_args()
    for suite in asked.suites:
        program = fetch(suite, asked.folder.absolute() / suite)
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        print(f"{program}: {told.stdout.splitlines()[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
