# SPDX-License-Identifier: GPL-2.0-only
"""A private apt: the system's mirror and Debian's keys, but no file of the system's apt.

Everything lives in one folder; the system's lists, sources and hooks are neither used nor
changed. apt checks the signature on the suite's Release file against Debian's keyring, and
through it the checksum of every index and archive, so what comes out is signed end to end.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from orchestrator.edge.process import Completed, check, run
from orchestrator.edge.store import writable
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Progress, StageProgress

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")  # debian-archive-keyring
NO_DEBIAN = "use --source kernel.org:, git: or tarball:, or --tree DIR"
TIMEOUT_S = 1800.0

# indextargets(8): one line an index; the fields stay as spelled here if apt does not know them.
_ROW = "$(CREATED_BY)|$(ORIGIN)|$(LABEL)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)"
_DOWNLOADED = re.compile(r"dlstatus:\d+:(\d+)")
_PRINTED_URI = re.compile(r"'[^']+' (\S+) (\d+) \S+")

# #clear: apt.conf(5). Hooks of the system (docker-clean, appstream) must not run for us.
_CONFIG = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "{folder}/lists/";
Dir::Cache "{folder}/cache/";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
APT::Status-Fd "1";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
"""
# Only root drops privileges for downloading, and user _apt cannot write in root's cache folder.
_AS_ROOT = 'APT::Sandbox::User "root";\n'
# Of one architecture that need not be the host's (apt.conf(5)); dpkg is not asked for others.
_ARCHITECTURE = """\
#clear APT::Architectures;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
"""
_BINARIES = """\
deb [signed-by={keyring} target=Packages lang=none] {uri} {suite} main
"""
_SOURCES = """\
deb-src [signed-by={keyring} target=Sources lang=none] {uri} {suite} main
"""


class Suite(Struct, frozen=True):
    """Part of a mirror, e.g. trixie-backports. main: of Debian's main archive."""

    uri: str
    name: str
    main: bool


class Archive(Struct, frozen=True):
    """A file apt would fetch: its name and its size in bytes."""

    name: str
    size: int


def system_suites() -> tuple[Suite, ...]:
    """The Debian suites the system's own apt reads; InfrastructureError if there is none."""
    try:
        rows = check(["apt-get", "indextargets", "--format", _ROW])
        # Nothing is listed before the first `apt-get update`, unless told not to look.
        if not rows.strip():
            rows = check(["apt-get", "indextargets", "--no-release-info", "--format", _ROW])
    except InfrastructureError as error:
        raise InfrastructureError(f"no apt: {error.message}", NO_DEBIAN) from error
    suites = suites_in(rows, platform.freedesktop_os_release())
    if not any(suite.main for suite in suites):
        raise InfrastructureError("this system's apt reads no Debian mirror", NO_DEBIAN)
    if not KEYRING.is_file():
        raise InfrastructureError(f"no {KEYRING}", "apt-get install debian-archive-keyring")
    return suites


def suites_in(rows: str, os_release: dict[str, str]) -> tuple[Suite, ...]:
    """The Debian suites among rows in the format _ROW, without duplicates, in order."""
    suites = []
    for row in rows.splitlines():
        kind, origin, label, name, component, uri = (row.split("|") + [""] * 6)[:6]
        if kind != "Packages" or component != "main":
            continue
        if origin == "Debian":
            suites.append(Suite(uri, name, label == "Debian"))
        elif origin == "$(ORIGIN)" and os_release.get("ID") == "debian":
            # Not updated yet, so the mirror never said who it is; its signature will.
            own = name == os_release.get("VERSION_CODENAME")
            suites.append(Suite(uri, name, own))
    return tuple(dict.fromkeys(suites))


class PrivateApt:
    """apt for one suite, all its files in one folder. architecture: as Debian has it, of which
    packages are had; "": the host's, and sources."""

    def __init__(self, folder: Path, suite: Suite, architecture: str = "") -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            writable(folder / name)
        self.suite = suite
        self._config = folder / "apt.conf"
        text = _CONFIG.format(folder=folder.resolve())
        text += _AS_ROOT if os.geteuid() == 0 else ""
        text += _ARCHITECTURE.format(architecture=architecture) if architecture else ""
        self._config.write_text(text)
        places = _BINARIES if architecture else _BINARIES + _SOURCES
        (folder / "sources.list").write_text(
            places.format(keyring=KEYRING, uri=suite.uri, suite=suite.name)
        )

    def update(self) -> None:
        """Fetch the indexes; InfrastructureError if the mirror can't be reached or trusted."""
        self._must("apt-get", "update", what=f"reading {self.suite.name}")

    def versions(self, package: str, index: str) -> tuple[str, ...]:
        """Versions offered, newest first; index: "Packages" or "Sources"."""
        rows = self._must("apt-cache", "madison", package, what=f"looking for {package}").output
        found = []
        for row in rows.splitlines():
            name, version, place = ([part.strip() for part in row.split("|")] + [""] * 3)[:3]
            if name == package and place.endswith(f" {index}"):
                found.append(version)
        return tuple(sorted(set(found), key=version_order, reverse=True))

    def names(self, prefix: str) -> tuple[str, ...]:
        """The packages whose name begins with prefix."""
        told = self._must("apt-cache", "pkgnames", prefix, what="listing packages").output
        return tuple(sorted(told.split()))

    def archive(self, request: tuple[str, ...]) -> Archive:
        """What `apt-get REQUEST` would fetch: the first file it names."""
        told = self._must("apt-get", "--print-uris", *request, what=request[-1]).output
        match = _PRINTED_URI.search(told)
        if not match:
            raise InfrastructureError(f"apt-get names no file for {request[-1]}")
        return Archive(match[1], int(match[2]))

    def download(
        self, request: tuple[str, ...], archive: Archive, folder: Path, progress: Progress
    ) -> None:
        """Fetch what archive(request) named into folder; InfrastructureError if that fails."""
        total_mib = archive.size >> 20

        def tell(line: str) -> None:
            match = _DOWNLOADED.match(line)
            if match:
                done_mib = total_mib * int(match[1]) // 100
                progress(StageProgress("source", done_mib, total_mib, "MiB"))

        what = f"fetching {archive.name}"
        self._must("apt-get", "--quiet", *request, what=what, cwd=folder, on_line=tell)

    def _must(
        self,
        program: str,
        *args: str,
        what: str,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        argv = ["env", "LC_ALL=C", program, f"--config-file={self._config}", *args]
        done = run(argv, cwd=cwd, on_line=on_line, timeout_s=TIMEOUT_S)
        if done.returncode != 0:
            errors = [line[3:] for line in done.output.splitlines() if line.startswith("E: ")]
            why = errors[0] if errors else f"{program} ended with {done.returncode}"
            raise InfrastructureError(
                f"{what}: {why}", "no network? --source tarball:PATH and --tree DIR need none"
            )
        return done


def version_order(version: str) -> tuple[int, ...]:
    """Sorts the versions of one package: the numbers in it, from the left."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
