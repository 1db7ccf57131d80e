# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.edge.sources.apt import PrivateApt, Suite, suites_in, version_order

MAIN, SECURITY = "http://mirror.example/debian/", "http://mirror.example/debian-security/"
BOOKWORM = {"ID": "debian", "VERSION_CODENAME": "bookworm"}


@pytest.mark.skipif(not shutil.which("apt-config"), reason="no apt")
@pytest.mark.parametrize(("asked", "sources"), [("arm64", False), ("", True)])
def test_apt_itself_reads_of_which_architecture_packages_are(
    tmp_path: Path, asked: str, sources: bool
) -> None:
    PrivateApt(tmp_path, Suite(MAIN, "bookworm", True), asked)
    argv = ["apt-config", f"--config-file={tmp_path}/apt.conf", "dump"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    said = [line for line in told.splitlines() if line.startswith("APT::Architecture")]
    own = 'APT::Architecture "arm64";' in said
    assert own == bool(asked), said
    if asked:
        assert [line for line in said if "Architectures::" in line] == [
            'APT::Architectures:: "arm64";'
        ]
    listed = (tmp_path / "sources.list").read_text()
    assert ("deb-src" in listed) == sources and listed.startswith("deb [signed-by=")


def test_debian_suites_among_others() -> None:
    rows = "\n".join(
        [
            f"Packages|Debian|Debian|bookworm|main|{MAIN}",
            f"Packages|Debian|Debian|bookworm|main|{MAIN}",  # a second architecture
            f"Packages|Debian|Debian|bookworm|contrib|{MAIN}",
            f"Sources|Debian|Debian|bookworm|main|{MAIN}",
            f"Packages|Debian|Debian-Security|bookworm-security|main|{SECURITY}",
            "Packages|. nodistro|x|nodistro|main|http://other.example/",
            "",
        ]
    )
    assert suites_in(rows, BOOKWORM) == (
        Suite(MAIN, "bookworm", True),
        Suite(SECURITY, "bookworm-security", False),
    )


def test_before_the_first_update_the_names_must_do() -> None:
    rows = (
        f"Packages|$(ORIGIN)|$(LABEL)|bookworm|main|{MAIN}\n"
        f"Packages|$(ORIGIN)|$(LABEL)|bookworm-security|main|{SECURITY}\n"
    )
    suites = suites_in(rows, BOOKWORM)
    assert [(suite.name, suite.main) for suite in suites] == [
        ("bookworm", True),
        ("bookworm-security", False),
    ]
    assert suites_in(rows, {"ID": "ubuntu", "VERSION_CODENAME": "noble"}) == ()


def test_no_debian_no_suites() -> None:
    rows = "Packages|Ubuntu|Ubuntu|noble|main|http://mirror.example/ubuntu/\n"
    assert suites_in(rows, {"ID": "ubuntu"}) == ()


def test_versions_sort_by_number() -> None:
    versions = ["7.2.12-1~bpo13+1", "7.2.6-1~bpo13+1", "7.10.1-1", "7.2.9-2~bpo13+1"]
    assert sorted(versions, key=version_order)[0] == "7.2.6-1~bpo13+1"
    assert sorted(versions, key=version_order)[-1] == "7.10.1-1"
    assert version_order("7.1.8-1~bpo13+1") >= version_order("7.1") > version_order("6.19.14-1")
