# SPDX-License-Identifier: GPL-2.0-only
"""The place through which artefacts move between machines, by what is in them.

A file ab/cdef... is named by its SHA-256. It is put there only if it is not there, under a
name of its own that becomes the right one when all of it has arrived (object stores show nothing
before that anyway); and what is got is summed up again. So an upload that was torn, or a disk
that changed a bit, is never used.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from orchestrator.edge.cluster.places import CONNECT, HINTS
from orchestrator.edge.fingerprint import file_sha256
from orchestrator.model.cluster import Artefact
from orchestrator.model.errors import InfrastructureError, UsageError

_WHOLE = ("s3",)  # an object appears when it is whole
_T = TypeVar("_T")


class DamagedArtefact(InfrastructureError):
    """What is at the place is not what was put there. It has been removed."""


class Artefacts:
    """url: file:///DIR, sftp://[USER@]HOST[:PORT]/DIR or s3://BUCKET/PREFIX.

    Raises UsageError for other urls, or if the library for it is missing. Each thread has its
    own connection (fsspec keeps one a thread).
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.scheme, colon, rest = url.partition(":")
        if not colon or self.scheme not in CONNECT or not rest.strip("/"):
            raise UsageError(
                f"--artefacts {url}: no place",
                "file:///DIR, sftp://HOST/DIR or s3://BUCKET/PREFIX",
            )

    def has(self, artefact: Artefact) -> bool:
        """Is it there, with all of its bytes? Raises InfrastructureError."""
        return self._with_place(lambda place, root: _size(place, root, artefact) == artefact.size)

    def put(self, file: Path) -> Artefact:
        """Bring a file there, if it is not there yet. Raises InfrastructureError, OSError."""
        artefact = Artefact(file_sha256(file), file.stat().st_size)
        self._with_place(lambda place, root: self._put(place, root, file, artefact))
        return artefact

    def get(self, artefact: Artefact, file: Path) -> None:
        """Write it to `file`, which appears when it is whole and proven to be what it should.

        Raises DamagedArtefact, InfrastructureError.
        """
        partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}.partial")
        try:
            self._with_place(
                lambda place, root: place.get_file(_path(root, artefact), str(partial))
            )
            if file_sha256(partial) != artefact.sha256:
                self.drop(artefact)
                raise DamagedArtefact(
                    f"artefact {artefact.sha256[:16]} at {self.shown} is damaged",
                    "it was removed there; the next attempt brings it again",
                )
            partial.rename(file)
        finally:
            partial.unlink(missing_ok=True)

    def drop(self, artefact: Artefact) -> None:
        """Remove it; one that cannot be removed stays."""
        with contextlib.suppress(InfrastructureError):
            self._with_place(lambda place, root: place.rm_file(_path(root, artefact)))

    @property
    def shown(self) -> str:
        """The url without a password."""
        before, at, host = self.url.partition("://")[2].rpartition("@")
        return f"{self.scheme}://{before.partition(':')[0]}{at}{host}" if at else self.url

    def _put(self, place: Any, root: str, file: Path, artefact: Artefact) -> None:
        path = _path(root, artefact)
        if _size(place, root, artefact) == artefact.size:
            return
        if self.scheme in _WHOLE:
            place.put_file(str(file), path)
            return
        _make_folder(place, path.rpartition("/")[0])
        partial = f"{path}.{secrets.token_hex(8)}.partial"
        try:
            place.put_file(str(file), partial)
            place.mv(partial, path)
        except BaseException:
            with contextlib.suppress(Exception):
                place.rm_file(partial)
            raise

    def _with_place(self, act: Callable[[Any, str], _T]) -> _T:
        """Do something there; once more on a new connection, since one may have been cut."""
        failed: Exception | None = None
        for fresh in (False, True):
            try:
                place, root = self._connect(fresh)
                return act(place, root)
            except (UsageError, DamagedArtefact):
                raise
            except Exception as error:  # of three libraries, each with its own
                failed = error
        said = " ".join(str(failed).split()) or type(failed).__name__
        raise InfrastructureError(
            f"{self.shown}: {said}", HINTS.get(type(failed).__name__, "")
        ) from failed

    def _connect(self, fresh: bool) -> tuple[Any, str]:
        try:
            return CONNECT[self.scheme](self.url, fresh)
        except ImportError as error:
            raise UsageError(
                f"--artefacts {self.shown}: {error}", "pip install 'orchestrate[cluster]' s3fs"
            ) from error


def _path(root: str, artefact: Artefact) -> str:
    digits = artefact.sha256
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise InfrastructureError("an artefact's name is no SHA-256")
    return f"{root}/{digits[:2]}/{digits[2:]}"


def _size(place: Any, root: str, artefact: Artefact) -> int | None:
    """Bytes that are there; None: it is not there."""
    path = _path(root, artefact)
    place.invalidate_cache()
    try:
        return int(place.info(path)["size"])
    except FileNotFoundError:
        return None


def _make_folder(place: Any, folder: str) -> None:
    """Two that make one at the same time both have it then."""
    for _ in range(2):
        with contextlib.suppress(OSError):
            place.makedirs(folder, exist_ok=True)
            return


@contextlib.contextmanager
def fetched(artefacts: Artefacts, artefact: Artefact, folder: Path) -> Iterator[Path]:
    """The artefact as a file in a folder, gone afterwards. Raises as get()."""
    file = folder / f"{artefact.sha256}.{secrets.token_hex(4)}"
    artefacts.get(artefact, file)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
