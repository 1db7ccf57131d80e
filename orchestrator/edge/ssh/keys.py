# SPDX-License-Identifier: GPL-2.0-only
"""Keys of one run. The guest's is made here, so that it is known before anybody connects; ours
never leaves the run directory. Both are Ed25519."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

FOLDER = "ssh"  # in the run directory
CLIENT = "client_key"
HOST = "host_key.pub"
GUEST_PORT = 22

_CONFIG = f"""\
Port {GUEST_PORT}
AddressFamily inet
HostKey /job/ssh/host_key
AuthorizedKeysFile /job/ssh/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
AcceptEnv LANG LC_* TERM
Subsystem sftp internal-sftp
"""


def make(run_dir: Path) -> dict[str, bytes]:
    """Fresh keys into the run directory; what the guest gets of it, as files of /job/ssh."""
    folder = run_dir / FOLDER
    folder.mkdir(mode=0o700)
    client, host = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    _write(folder / CLIENT, _private(client))
    _write(folder / HOST, _public(host))
    return {
        "host_key": _private(host),
        "authorized_keys": _public(client) + b"\n",
        "sshd_config": _CONFIG.encode(),
    }


def _private(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


def _write(path: Path, data: bytes) -> None:
    """Nobody else may read it, at no time."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
