# SPDX-License-Identifier: GPL-2.0-only
"""--source debian: and debian-src:, from the mirror this system already uses."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from orchestrator.config.source_spec import DebianBinary, DebianSource
from orchestrator.edge.process import check
from orchestrator.edge.sources.apt import NO_DEBIAN, PrivateApt, Suite, system_suites, version_order
from orchestrator.edge.sources.known import remember, tree_of
from orchestrator.edge.store import Store, need_space, writable
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import Tree
from orchestrator.model.progress import Note, Progress

DOWNLOAD_MIB = 400  # the .deb and the archive in it, side by side

# Looked at in this order, before the suites the system itself reads. Suites of the main
# archive; the first has linux-source-7.x and few other packages.
SUITES = ("trixie-backports",)


class Offer(Struct, frozen=True):
    """A version of the package that a suite lists."""

    apt: PrivateApt
    version: str


def fetch_debian(spec: DebianBinary | DebianSource, store: Store, progress: Progress) -> Tree:
    """The newest version that can be had (or the one asked for), unpacked.

    UsageError if no suite offers the package, InfrastructureError if none can be fetched.
    """
    with store.lock("downloads/debian", progress):
        offers = list(_offers(spec, store, progress))
        if not offers:
            raise _not_offered(spec, store)
        archive, version = _first_that_comes(spec, offers, store, progress)
    exact = type(spec)(spec.package, version)
    tree = tree_of(archive, exact.text, store, progress)
    for text in {spec.text, exact.text}:
        remember(text, tree, store, archive)
    return tree


def _suites() -> Iterator[Suite]:
    own = system_suites()
    mirror = next(suite.uri for suite in own if suite.main)
    yield from (Suite(mirror, name, True) for name in SUITES)
    yield from (suite for suite in own if suite.name not in SUITES)


def _apt(store: Store, suite: Suite) -> PrivateApt:
    folder = writable(store.folder("downloads") / f"apt-{suite.name.replace('/', '_')}")
    return PrivateApt(folder, suite)


def _offers(spec: DebianBinary | DebianSource, store: Store, progress: Progress) -> Iterator[Offer]:
    """Newest first, from the first suite that has any."""
    index = "Packages" if isinstance(spec, DebianBinary) else "Sources"
    failed: InfrastructureError | None = None
    for suite in _suites():
        apt = _apt(store, suite)
        try:
            apt.update()
        except InfrastructureError as error:
            progress(Note(f"skipped {suite.name}: {error.message}"))
            failed = error
            continue
        wanted = [version for version in apt.versions(spec.package, index) if _fits(spec, version)]
        yield from (Offer(apt, version) for version in wanted)
        if wanted:
            return
    if failed:
        raise failed


def _fits(spec: DebianBinary | DebianSource, version: str) -> bool:
    if spec.version:
        return version == spec.version
    at_least = spec.at_least if isinstance(spec, DebianSource) else ""
    return version_order(version) >= version_order(at_least)


def _not_offered(spec: DebianBinary | DebianSource, store: Store) -> UsageError:
    binary = isinstance(spec, DebianBinary)
    index, prefix = ("Packages", "linux-source-") if binary else ("Sources", spec.package)
    apts = [_apt(store, suite) for suite in _suites()]
    found = {version for apt in apts for version in apt.versions(spec.package, index)}
    found = found or {name for apt in apts for name in apt.names(prefix)}
    newest = sorted(found, key=version_order)[-6:]
    hint = f"offered: {', '.join(newest)}" if found else NO_DEBIAN
    return UsageError(f"--source {spec.text}: no suite of this system's mirror offers it", hint)


def _first_that_comes(
    spec: DebianBinary | DebianSource, offers: list[Offer], store: Store, progress: Progress
) -> tuple[Path, str]:
    """Not everything an index lists can be fetched: try, then take the next best."""
    failed: InfrastructureError | None = None
    for offer in offers:
        try:
            return _download(spec, offer, store, progress), offer.version
        except InfrastructureError as error:
            progress(Note(f"skipped {spec.package} {offer.version}: {error.message}"))
            failed = error
    assert failed is not None
    raise failed


def _download(
    spec: DebianBinary | DebianSource, offer: Offer, store: Store, progress: Progress
) -> Path:
    """The .tar.xz of one version, in a folder of its own in the store."""
    downloads = store.folder("downloads")
    final = downloads / f"{spec.package}_{offer.version.replace(':', '_')}"
    if not final.is_dir():
        need_space(downloads, DOWNLOAD_MIB, f"fetching {spec.package}")
        with _scratch(downloads / f".{final.name}.partial") as folder:
            exact = f"{spec.package}={offer.version}"
            if isinstance(spec, DebianBinary):
                _binary(offer.apt, exact, folder, progress)
            else:
                request = ("source", "--download-only", "--only-source", "--tar-only", exact)
                named = offer.apt.archive(request)
                offer.apt.download(request, named, folder, progress)
            folder.rename(final)
    archives = sorted(final.glob("*.tar.*"))
    if not archives:
        raise InfrastructureError(f"{spec.package} {offer.version} holds no tarball")
    return archives[0]


def _binary(apt: PrivateApt, exact: str, folder: Path, progress: Progress) -> None:
    """Leave only the tarball a linux-source package holds, and not the 160 MB twice."""
    request = ("download", exact)
    package = apt.archive(request)
    apt.download(request, package, folder, progress)
    unpacked = folder / "unpacked"
    check(["dpkg-deb", "--extract", str(folder / package.name), str(unpacked)])
    for archive in unpacked.glob("usr/src/*.tar.*"):
        archive.rename(folder / archive.name)
    shutil.rmtree(unpacked)
    (folder / package.name).unlink()


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """An empty folder that is gone afterwards unless it was renamed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
