# SPDX-License-Identifier: GPL-2.0-only
"""A Debian root file system as an image, made by mmdebstrap and kept by its list of packages.

Its mirror and proxy are those of the machine's own apt. mmdebstrap needs no privileges where user
namespaces may be made (uidmap), or fakechroot is installed; root needs neither. mkfs.erofs runs as
its hook, so that owners and modes are the packages' own.
"""

from __future__ import annotations

import os
import platform
import pwd
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from orchestrator.edge import process, seal
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.keeping import occupied_mib, trim
from orchestrator.edge.sources.apt import KEYRING, Suite, system_suites
from orchestrator.edge.store import Store, need_space
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Progress, StageDone, StageProgress, StageStarted

IMAGE = "root.erofs"
STATUS = "status"  # dpkg's: each package with its version
TOOLS = (("mmdebstrap", "mmdebstrap"), ("mkfs.erofs", "erofs-utils"))
# Beside Debian's essential packages: what a guest without them would be missed for.
ALWAYS = ("iproute2", "kmod", "mount", "openssh-server", "procps")
NEED_MIB = 2048
_IDS = (Path("/etc/subuid"), Path("/etc/subgid"))
IDS = 65536  # that an image's owners are taken from
FIRST_ID = 100_000  # as useradd begins
KEPT_MIB = 4096  # of all images together
TIMEOUT_S = 3600.0
_LAYOUT = "1"  # part of every key: raise it when what is in an image changes
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
# Nobody reads them in a guest; without, an image is a third smaller.
_LEFT_OUT = ("man", "doc", "info", "locale", "lintian")
_PROXY = re.compile(r'(Acquire::\w+::Proxy(?:::[\w.-]+)?) "([^"]*)";')
_STEP = re.compile(r"I: (\w.*)")


def packages(named: Iterable[str]) -> tuple[str, ...]:
    """--include's values, separated by commas or white space, as a list. Raises UsageError."""
    words = {word for text in named for word in re.split(r"[,\s]+", text) if word}
    for word in sorted(words):
        if not _PACKAGE.fullmatch(word):
            raise UsageError(f"--include {word!r}: no name of a Debian package")
    return tuple(sorted(words))


def debian_image(include: Sequence[str], store: Store, log: Path, progress: Progress) -> Path:
    """The image with these packages, made if there is none. log: file that what mmdebstrap says
    is appended to. Raises InfrastructureError, and UsageError for a package there is not."""
    start = time.monotonic()
    wanted = tuple(sorted({*ALWAYS, *include}))
    key = digest(_LAYOUT, _codename(), *wanted)

    def make(folder: Path) -> None:
        _require()
        need_space(folder, NEED_MIB, "a Debian root file system")
        progress(StageStarted("rootfs", f"Debian with {', '.join(wanted)}"))
        _make(folder, wanted, log, progress)
        seal.write(folder, (IMAGE, STATUS))

    seal.drop_damaged(store, "rootfs", key, (IMAGE, STATUS), progress)
    folder, cached = store.entry("rootfs", key, make, progress)
    if not cached:
        trim(store.folder("rootfs"), KEPT_MIB, occupied_mib, keep=key)
    progress(StageDone("rootfs", time.monotonic() - start, cached))
    return folder / IMAGE


def _codename() -> str:
    release = platform.freedesktop_os_release()
    return release.get("VERSION_CODENAME", "") if release.get("ID") == "debian" else ""


def _require() -> None:
    missing = [package for tool, package in TOOLS if shutil.which(tool) is None]
    if missing:
        raise InfrastructureError(
            f"--rootfs debian needs {' and '.join(missing)}",
            f"on Debian: apt-get install {' '.join(missing)}",
        )


def _make(folder: Path, wanted: Sequence[str], log: Path, progress: Progress) -> None:
    steps = 0

    def tell(line: str) -> None:
        nonlocal steps
        if _STEP.match(line):
            steps += 1
            progress(StageProgress("rootfs", steps, 0, "steps"))

    argv = _argv(folder, wanted, _suites(), _proxies())
    done = process.run(argv, timeout_s=TIMEOUT_S, log=log, on_line=tell)
    if done.returncode or not (folder / IMAGE).is_file():
        _explain(done.output, log)


def _explain(output: str, log: Path) -> None:
    """Raises what mmdebstrap's output tells."""
    lost = re.search(r"Unable to locate package (\S+)|Package '?(\S+?)'? has no install", output)
    if lost:
        raise UsageError(f"--include: Debian has no package {lost[1] or lost[2]}")
    errors = [line[3:] for line in output.splitlines() if line.startswith("E: ")]
    said = errors[0] if errors else "it left no image"
    hint = "as a user, mmdebstrap needs the package uidmap and user namespaces, or fakechroot"
    if "chroot mode" in said:
        hint = no_ids(pwd.getpwuid(os.geteuid()).pw_name, _IDS) or hint
    raise InfrastructureError(f"mmdebstrap failed: {said}", hint, log)


def no_ids(user: str, files: Iterable[Path]) -> str:
    """What root has to do for a user without subordinate ids, as users have that were not made by
    useradd; "" if they have some. files: /etc/subuid and /etc/subgid (subuid(5))."""
    lacking, free = list[str](), FIRST_ID
    for file in files:
        text = file.read_text() if file.is_file() else ""
        rows = [line.split(":") for line in text.splitlines() if line.count(":") == 2]
        counts = [(name, int(first), int(count)) for name, first, count in rows
                  if first.isdecimal() and count.isdecimal()]  # fmt: skip
        free = max([free, *(first + count for _, first, count in counts)])
        if not any(name == user and count >= IDS for name, _, count in counts):
            lacking.append(str(file))
    if not lacking:
        return ""
    ids = f"{free}-{free + IDS - 1}"
    done = f"usermod --add-subuids {ids} --add-subgids {ids} {user}"
    return f"{user} has no ids in {' and '.join(lacking)}; as root: {done}"


def _suites() -> Iterator[str]:
    """Lines of a sources.list: this release and its updates, as the machine's own apt has them."""
    found = system_suites()
    own = _codename()
    mine = [suite for suite in found if suite.name.split("-")[0].split("/")[0] == own]
    mine = [suite for suite in mine if "backports" not in suite.name]
    first: list[Suite] = mine or [suite for suite in found if suite.main][:1]
    for suite in first:
        yield f"deb [signed-by={KEYRING}] {suite.uri} {suite.name} main"


def _proxies() -> Iterator[str]:
    """The machine's, as options of apt."""
    for name, value in _PROXY.findall(process.check(["apt-config", "dump", "Acquire"])):
        yield f'{name} "{value}";'


def _argv(
    folder: Path, wanted: Sequence[str], suites: Iterable[str], proxies: Iterable[str]
) -> list[str]:
    lines = list(suites)
    outside = [f"--exclude-path={name}" for name in ("dev", "proc", "sys", IMAGE)]
    # Hooks are lines of a shell, where $1 is the tree; the image is made in it, which is the one
    # place that can be written to in all of mmdebstrap's modes.
    gone = ("etc/ssh/ssh_host_*", "var/lib/apt/lists/*", "etc/apt/apt.conf.d/99mmdebstrap")
    clean = f'cd "$1" && rm -rf {" ".join(gone)}'
    # mkfs.erofs 1.5 reads extended attributes also of what it leaves out, and stumbles over /proc:
    # hence a second view of the tree, without what is mounted in it.
    erofs = f'mkfs.erofs -T0 {" ".join(outside)} "$1/{IMAGE}" "$from" > /dev/null'
    view = 'mount --bind "$1" "$1/mnt" 2> /dev/null && from="$1/mnt"'
    image = f'from="$1"; {view}; {erofs}; made=$?; [ "$from" = "$1" ] || umount "$from"; exit $made'
    return [
        "env", "LC_ALL=C", "mmdebstrap", "--variant=essential", "--format=null",
        f"--include={','.join(wanted)}",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT),
        *(f"--aptopt={proxy}" for proxy in proxies),
        f"--customize-hook={clean}",
        f"--customize-hook={image}",
        f"--customize-hook=copy-out /{IMAGE} /var/lib/dpkg/status {folder}",
        lines[0].split()[3] if lines else "stable", "-", *lines,
    ]  # fmt: skip
