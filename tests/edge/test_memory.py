# SPDX-License-Identifier: GPL-2.0-only
"""Memory that caches hold can be had: a host whose files are all cached has room for machines."""

from pathlib import Path

from orchestrator.edge.memory import available_mib

FULL_OF_CACHES = """\
MemTotal:       25165824 kB
MemFree:          204800 kB
MemAvailable:   20971520 kB
Cached:         20000000 kB
"""


def test_caches_count_as_available(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(FULL_OF_CACHES)
    assert available_mib(meminfo) == 20480


def test_a_kernel_that_does_not_say_is_asked_for_what_is_free(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemFree: 204800 kB\n")
    free = available_mib(meminfo)
    assert free > 0
    assert available_mib(tmp_path / "none") > 0


def test_this_host_has_some() -> None:
    assert 0 < available_mib() < 1 << 30
