# SPDX-License-Identifier: GPL-2.0-only
"""What verdicts made here depend on: versions of the product and of the tools it uses."""

from __future__ import annotations

import platform
from functools import lru_cache

from orchestrator import __version__
from orchestrator.config.assets import asset_dir
from orchestrator.edge import accelerator, guest, process, toolchain
from orchestrator.edge.fingerprint import digest, named_digests
from orchestrator.model.cluster import PROTOCOL, Passport
from orchestrator.model.toolchain import Toolchain


def passport() -> Passport:
    """Of this machine. Raises InfrastructureError if a tool is missing."""
    return _made(accelerator.qemu_stamp(), toolchain.asked(None))


@lru_cache(maxsize=4)
def _made(_qemu: str, tools: Toolchain) -> Passport:
    import distributed

    suites = sorted(file for file in asset_dir("kmod").glob("*") if file.is_file())
    return Passport(
        (
            ("orchestrate", __version__),
            ("protocol", str(PROTOCOL)),
            ("Python", ".".join(platform.python_version_tuple()[:2])),
            ("Dask", distributed.__version__),
            ("QEMU", _version(accelerator.qemu())),
            ("firmware", accelerator.firmware() or "SeaBIOS"),
            ("compiler", _version(tools.tool("gcc"))),
            ("linker", _version(tools.tool("ld"))),
            ("LLVM", tools.llvm),
            ("guest image", digest(guest.image())),
            ("suites", digest(*named_digests(suites))),
        )
    )


def _version(program: str) -> str:
    return process.check([program, "--version"], timeout_s=20).partition("\n")[0].strip()
