# SPDX-License-Identifier: GPL-2.0-only
"""--source git:URL@REF: one commit of a repository, without its history.

A repository on this machine is read where it is and never written to. One from elsewhere is
fetched, as shallow as its server allows, into a bare repository in the store.
"""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.config.source_spec import GitRef
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.git import git
from orchestrator.edge.kernel_tree import verified_release
from orchestrator.edge.process import Completed
from orchestrator.edge.sources.archive import UNPACKED_MIB, unpack
from orchestrator.edge.sources.known import recall, remember, tree_at
from orchestrator.edge.store import Store, need_space
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import Tree
from orchestrator.model.progress import Note, Progress, StageProgress

FETCH_TIMEOUT_S = 7200.0

_RECEIVED = re.compile(r"Receiving objects:\s+(\d+)%")
_FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def fetch_git(spec: GitRef, store: Store, progress: Progress) -> Tree:
    """The tree of the commit that REF now names; the key is the git tree's id.

    UsageError if there is no such repository or ref, InfrastructureError if it can't be
    reached; then a tree that the same spec gave before is used, with a note.
    """
    local = local_repository(spec.url)
    if local:
        return _archived(local, _commit(local, spec.ref, spec), spec, store, progress)
    if _FULL_ID.fullmatch(spec.ref):  # such a ref can't move
        known = recall(spec.text, store, progress)
        if known:
            return known
    mirror = store.folder("downloads") / f"git-{digest(spec.url)}.git"
    with store.lock(f"downloads/{mirror.name}", progress):
        try:
            _fetch(mirror, spec, progress)
        except InfrastructureError as error:
            known = recall(spec.text, store, progress)
            if not known:
                raise
            progress(Note(f"{error.message}; using what {spec.ref} was before"))
            return known
        tree = _archived(mirror, _commit(mirror, "FETCH_HEAD", spec), spec, store, progress)
    remember(spec.text, tree, store)
    return tree


def local_repository(url: str) -> Path | None:
    """The path of a repository on this machine, None if url names one elsewhere."""
    path = Path(url.removeprefix("file://")).expanduser()
    return path.resolve() if path.is_dir() else None


def _commit(repository: Path, ref: str, spec: GitRef) -> str:
    done = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^0")
    commit = done.output.strip()
    if done.returncode == 0:
        return commit
    if "dubious ownership" in done.output:
        raise UsageError(
            f"git does not trust {repository}, which belongs to someone else",
            f"git config --global --add safe.directory {repository}",
        )
    raise UsageError(
        f"--source {spec.text}: no commit {spec.ref} in {spec.url}",
        f"git -C {repository} rev-parse {spec.ref}^0 shows what git says",
    )


def _archived(
    repository: Path, commit: str, spec: GitRef, store: Store, progress: Progress
) -> Tree:
    named = git(repository, "rev-parse", "--verify", f"{commit}^{{tree}}")
    if named.returncode != 0:
        raise InfrastructureError(f"{spec.url}: {named.output}", "git fsck")

    def make(folder: Path) -> None:
        need_space(folder, 2 * UNPACKED_MIB, "unpacking a git tree")
        archive = folder.with_name(f"{folder.name}.tar")
        try:
            done = git(repository, "archive", "--format=tar", f"--output={archive}", commit)
            if done.returncode != 0:
                raise InfrastructureError(f"git archive {commit[:12]} failed: {done.output}")
            unpack(archive, folder, progress, strip=0)
        finally:
            archive.unlink(missing_ok=True)
        verified_release(folder, spec.text)

    origin = f"{spec.text} ({commit[:12]})"
    return tree_at(f"git-{named.output.strip()[:16]}", origin, store, make, progress)


def _fetch(mirror: Path, spec: GitRef, progress: Progress) -> None:
    """Leave the ref in the mirror's FETCH_HEAD."""
    if not (mirror / "HEAD").is_file():
        done = git(mirror.parent, "init", "--quiet", "--bare", str(mirror))
        if done.returncode != 0:
            raise InfrastructureError(f"git init failed: {done.output}")

    def tell(line: str) -> None:
        for percent in _RECEIVED.findall(line):
            progress(StageProgress("source", int(percent), 100, "%"))

    def attempt(*depth: str) -> Completed:
        fetch = ("fetch", "--progress", "--no-tags", *depth, "--", spec.url, spec.ref)
        return git(mirror, *fetch, timeout_s=FETCH_TIMEOUT_S, on_line=tell)

    done = attempt("--depth=1")
    # "dumb" HTTP servers have no shallow fetch, others refuse ids that are no branch's tip.
    if done.returncode != 0 and re.search("shallow|unadvertised|dumb", done.output):
        done = attempt()
    if done.returncode == 0:
        return
    fatal = [line for line in done.output.splitlines() if line.startswith("fatal:")]
    why = fatal[0].removeprefix("fatal: ") if fatal else "git fetch failed"
    if "couldn't find remote ref" in why or "not our ref" in done.output:
        raise UsageError(f"--source {spec.text}: {why}", f"git ls-remote {spec.url}")
    raise InfrastructureError(
        f"--source {spec.text}: {why}", "is the URL right, and the network there?"
    )
