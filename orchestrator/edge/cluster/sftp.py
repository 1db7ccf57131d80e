# SPDX-License-Identifier: GPL-2.0-only
"""sftp: places, by paramiko: as ssh(1) would log in, and only to hosts it knows.

fsspec's own would trust any host key that a stranger shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

CONNECT_S = 20.0
_KNOWN = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")


class KnownHosts(SFTPFileSystem):  # type: ignore[misc] # fsspec has no types
    """SFTP to hosts of known_hosts. Raises OSError, paramiko.SSHException."""

    def _connect(self) -> None:
        asked = dict(self.ssh_kwargs)
        settings = _settings(self.host)
        known = asked.pop("known_hosts", None) or settings.get("userknownhostsfile", "")
        client = paramiko.SSHClient()
        for file in (*str(known).split(), *_KNOWN):
            path = Path(file).expanduser()
            if path.is_file():
                client.load_system_host_keys(str(path))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            str(settings.get("hostname", self.host)),
            port=int(asked.get("port") or settings.get("port", 22)),
            username=asked.get("username") or settings.get("user"),
            password=asked.get("password"),
            key_filename=_identities(settings),  # type: ignore[arg-type] # takes lists, too
            timeout=CONNECT_S,
            banner_timeout=CONNECT_S,
            auth_timeout=CONNECT_S,
        )
        self.client = client
        self.ftp = client.open_sftp()


def _settings(host: str) -> dict[str, Any]:
    """What ~/.ssh/config says of a host."""
    file = Path.home() / ".ssh" / "config"
    if not file.is_file():
        return {}
    return dict(paramiko.SSHConfig.from_path(str(file)).lookup(host))


def _identities(settings: dict[str, Any]) -> list[str] | None:
    named = [str(Path(name).expanduser()) for name in settings.get("identityfile", ())]
    return named or None
