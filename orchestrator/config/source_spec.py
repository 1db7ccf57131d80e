# SPDX-License-Identifier: GPL-2.0-only
"""What --source SPEC may say, as values. Nothing is looked up here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from orchestrator.model.errors import UsageError

FORMS = (
    "default",
    "debian:PACKAGE[=VERSION]",
    "debian-src:PACKAGE[=VERSION]",
    "kernel.org:VERSION",
    "git:URL@REF",
    "tarball:PATH",
)

# deb-version(7) and Debian policy 5.6.1: what package names and versions are made of.
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]*")
_RELEASE = re.compile(r"[3-9]\.\d+(\.\d+)?|[1-9]\d\.\d+(\.\d+)?")
_ARCHIVE = re.compile(r".+\.(tar\.(xz|gz|bz2|zst)|tgz|txz)")


class DefaultSource(Struct, frozen=True):
    """The best tree this machine can get, see edge/sources/candidates.py."""

    @property
    def text(self) -> str:
        return "default"


class DebianBinary(Struct, frozen=True):
    """A linux-source-X.Y package; version "": the newest offered."""

    package: str
    version: str = ""

    @property
    def text(self) -> str:
        return f"debian:{_versioned(self.package, self.version)}"


class DebianSource(Struct, frozen=True):
    """The .orig tarball of a Debian source package, so without Debian's patches.

    version "": the newest offered; at_least: and not older than this upstream version.
    """

    package: str
    version: str = ""
    at_least: str = ""

    @property
    def text(self) -> str:
        return f"debian-src:{_versioned(self.package, self.version)}"


class KernelOrg(Struct, frozen=True):
    """A release tarball, e.g. 7.1.8."""

    release: str

    @property
    def text(self) -> str:
        return f"kernel.org:{self.release}"


class GitRef(Struct, frozen=True):
    """A commit, tag or branch of a repository: url is anything git-fetch(1) takes, or a path."""

    url: str
    ref: str

    @property
    def text(self) -> str:
        return f"git:{self.url}@{self.ref}"


class Tarball(Struct, frozen=True):
    """A kernel tarball on this machine."""

    path: Path

    @property
    def text(self) -> str:
        return f"tarball:{self.path}"


SourceSpec = DefaultSource | DebianBinary | DebianSource | KernelOrg | GitRef | Tarball


def parse_source_spec(text: str) -> SourceSpec:
    """The value of --source. UsageError, with the nearest form as hint, if it has none."""
    if text == "default":
        return DefaultSource()
    scheme, colon, rest = text.partition(":")
    if colon and scheme in _SCHEMES:
        if not rest:
            raise _wrong(text, f"nothing follows {scheme}:", scheme)
        return _SCHEMES[scheme](text, rest)
    if _ARCHIVE.fullmatch(text):
        return Tarball(Path(text))
    near = difflib.get_close_matches(scheme, ["default", *_SCHEMES], n=1, cutoff=0.5)
    raise _wrong(text, "no such kind of source", near[0] if near else "")


def _wrong(text: str, why: str, scheme: str) -> UsageError:
    forms = [form for form in FORMS if form.partition(":")[0] == scheme] if scheme else []
    hint = f"did you mean {forms[0]}?" if forms else f"one of: {', '.join(FORMS)}"
    return UsageError(f"--source {text}: {why}", hint)


def _versioned(package: str, version: str) -> str:
    return f"{package}={version}" if version else package


def _package(text: str, rest: str, scheme: str) -> tuple[str, str]:
    package, equals, version = rest.partition("=")
    if not _PACKAGE.fullmatch(package):
        raise _wrong(text, f"{package!r} is no Debian package name", scheme)
    if equals and not _VERSION.fullmatch(version):
        raise _wrong(text, f"{version!r} is no Debian version", scheme)
    return package, version


def _debian(text: str, rest: str) -> SourceSpec:
    return DebianBinary(*_package(text, rest, "debian"))


def _debian_src(text: str, rest: str) -> SourceSpec:
    return DebianSource(*_package(text, rest, "debian-src"))


def _kernel_org(text: str, rest: str) -> SourceSpec:
    release = rest.removeprefix("v")
    if "-rc" in release:
        raise UsageError(
            f"--source {text}: release candidates have no tarball in the release directory",
            f"git:URL@v{release}",
        )
    if not _RELEASE.fullmatch(release):
        raise _wrong(text, f"{rest!r} is no release like 7.1.8", "kernel.org")
    return KernelOrg(release)


def _git(text: str, rest: str) -> SourceSpec:
    url, ref = _split_ref(rest)
    if not url or not ref:
        raise _wrong(text, "the URL or what follows the last @ is empty", "git")
    if url.startswith("-") or ref.startswith("-"):
        raise _wrong(text, "neither URL nor REF may start with '-'", "git")
    return GitRef(url, ref)


def _split_ref(rest: str) -> tuple[str, str]:
    """URL and REF (HEAD if there is none). The @ of user@host is not the one that counts."""
    path_at = 0
    if "://" in rest:
        path_at = rest.find("/", rest.index("://") + 3)
    elif re.match(r"[^/@:]+@[^/@:]+:", rest):
        path_at = rest.index(":")
    # HEAD@{1} has an @ of its own
    marks = [match.start() for match in re.finditer(r"@(?!\{)", rest) if match.start() > path_at]
    if path_at < 0 or not marks:
        return rest, "HEAD"
    return rest[: marks[-1]], rest[marks[-1] + 1 :]


def _tarball(text: str, rest: str) -> SourceSpec:
    if not _ARCHIVE.fullmatch(rest):
        raise _wrong(text, "not a .tar.xz, .tar.gz, .tar.bz2 or .tar.zst", "tarball")
    return Tarball(Path(rest))


_SCHEMES: dict[str, Callable[[str, str], SourceSpec]] = {
    "debian": _debian,
    "debian-src": _debian_src,
    "kernel.org": _kernel_org,
    "git": _git,
    "tarball": _tarball,
}
