# SPDX-License-Identifier: GPL-2.0-only
"""An empty qcow2 image, as bytes (QEMU's docs/interop/qcow2.txt, version 3).

qemu-img, which would make one, is of another package than QEMU, and of nothing else's use here.
"""

from __future__ import annotations

import struct

_CLUSTER = 1 << 16
_BYTES_BY_TABLE = _CLUSTER * (_CLUSTER // 8)  # that one table of the second level has


def empty(size: int) -> bytes:
    """size: in bytes, as the guest would see it. Header, refcounts of these four clusters, and a
    first level that points nowhere."""
    rows = max(1, -(-size // _BYTES_BY_TABLE))
    version, bits, method, header_bytes = 3, 16, 0, 104
    refcounts, block, level1 = _CLUSTER, 2 * _CLUSTER, 3 * _CLUSTER
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb", version, 0, 0, bits, size, method, rows, level1, refcounts, 1,
        0, 0, 0, 0, 0, 4, header_bytes,
    )  # fmt: skip
    parts = (header, struct.pack(">Q", block), struct.pack(">4H", 1, 1, 1, 1), b"")
    return b"".join(part.ljust(_CLUSTER, b"\0") for part in parts)
