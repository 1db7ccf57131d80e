# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate cp"""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  orchestrate cp ./test latest:/root/
  orchestrate cp latest:/root/results .
  orchestrate cp ./a:b latest:                    # a name with a colon: with its folder
\b
Folders are copied with all that is in them; links in them are left out, which
is told. A path in the guest that is not absolute begins in /root."""


@click.command("cp", epilog=EPILOG)
@click.argument("source", metavar="SRC")
@click.argument("dest", metavar="DST")
def command(source: str, dest: str) -> int:
    """Copy SRC to DST. One of them is RUN:PATH, in a guest that runs with sshd (see
    orchestrate ssh)."""
    from orchestrator.cli.show_session import say
    from orchestrator.edge.ssh import copy
    from orchestrator.edge.ssh.connect import connected
    from orchestrator.model.errors import UsageError

    run, there = _in_guest(source)
    to_run, to_there = _in_guest(dest)
    if bool(run) == bool(to_run):
        raise UsageError("one of SRC and DST must be in a guest", "as in latest:/root/file")
    with connected(run or to_run) as transport:
        sftp = transport.open_sftp_client()
        assert sftp
        if run:
            copy.get(sftp, there, Path(dest), say)
        else:
            copy.put(sftp, Path(source), to_there, say)
    return 0


def _in_guest(text: str) -> tuple[str, str]:
    """(run, path); ("", "") for a path of this host, which is one with a slash before the colon
    that is no run's: RUN may be a path, too, if it is a folder."""
    run, colon, path = text.rpartition(":")
    if not colon or not run or ("/" in run and not Path(run).is_dir()):
        return "", ""
    return run, path or "."
