# SPDX-License-Identifier: GPL-2.0-only
"""Mail archives come as .mbox.gz."""

from __future__ import annotations

import zlib

from orchestrator.model.errors import UsageError

LIMIT_MIB = 64  # of a patch, a mailbox or a thread, packed or not
_MAGIC = b"\x1f\x8b"


class CutOff(ValueError):
    """The packed data ends too early, or is damaged."""


def unpack(data: bytes, origin: str, limit_mib: int = LIMIT_MIB) -> bytes:
    """data itself, or what it holds if it is gzip (RFC 1952), of several members if need be.

    Raises UsageError if that is more than limit_mib, CutOff if it is not whole.
    """
    limit = limit_mib << 20
    if len(data) > limit:
        raise too_large(origin, limit_mib)
    if not data.startswith(_MAGIC):
        return data
    whole = bytearray()
    rest = data
    while rest.startswith(_MAGIC):
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            whole += reader.decompress(rest, limit + 1 - len(whole))
        except zlib.error as error:
            raise CutOff(f"{origin}: damaged gzip data") from error
        if len(whole) > limit:
            raise too_large(origin, limit_mib)
        if not reader.eof:
            raise CutOff(f"{origin}: the gzip data breaks off")
        rest = reader.unused_data.lstrip(b"\0")
    return bytes(whole)


def too_large(origin: str, limit_mib: int = LIMIT_MIB) -> UsageError:
    """The answer to an input beyond the limit."""
    return UsageError(f"{origin} is larger than {limit_mib} MiB", "is it a patch at all?")
