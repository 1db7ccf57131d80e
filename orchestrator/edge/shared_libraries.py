# SPDX-License-Identifier: GPL-2.0-only
"""Libraries of this host that programs built here need, for a guest that lacks them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from orchestrator.edge import process

# Those of packages that every Debian has: libc6 and libgcc-s1.
_THERE = re.compile(
    r"(?:libc|libm|libdl|librt|libpthread|libresolv|libutil|libanl|libgcc_s)\.so\.\d+"
    r"|ld-linux[\w.-]*"
)
_KNOWN = re.compile(r"^\s+(\S+) \(libc6,x86-64[^)]*\) => (\S+)$", re.MULTILINE)


def needed_by(programs: Iterable[Path]) -> dict[str, Path]:
    """Name → file of each, also of those that these need. What this host has not is left out."""
    waiting, found = list(programs), dict[str, Path]()
    known: dict[str, str] | None = None
    while waiting:
        for name in _needed(waiting.pop()):
            if _THERE.fullmatch(name) or name in found:
                continue
            known = _cache() if known is None else known
            if name in known:
                found[name] = Path(known[name])
                waiting.append(found[name])
    return found


def _cache() -> dict[str, str]:
    """What the dynamic loader would find, 64-bit ones alone; the first of a name counts."""
    listed = process.run(["/sbin/ldconfig", "-p"]).output
    return {name: path for name, path in reversed(_KNOWN.findall(listed))}


def _needed(file: Path) -> list[str]:
    """DT_NEEDED of a 64-bit ELF file; [] of anything else."""
    try:
        with file.open("rb") as stream:
            if stream.read(5) != b"\x7fELF\x02":
                return []
            stream.seek(0)
            section = ELFFile(stream).get_section_by_name(".dynamic")
            if not isinstance(section, DynamicSection):
                return []
            return [str(tag.needed) for tag in section.iter_tags("DT_NEEDED")]  # type: ignore[attr-defined]
    except (OSError, ELFError):
        return []
