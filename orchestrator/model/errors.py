# SPDX-License-Identifier: GPL-2.0-only
"""What we or the host failed to do. (What the kernel did is a verdict, see verdict.py.)

OrchestrateError          never raised itself
├── UsageError            the command line or a file the user wrote is wrong; exit 2
├── PatchBroken           the patch does not apply to the tree; exit 1
├── BuildBroken           the tree, patched or not, or the module does not build; exit 1
└── InfrastructureError   the host, QEMU, the network or we ourselves failed; exit 3
"""

from __future__ import annotations

from pathlib import Path


class OrchestrateError(Exception):
    """An answer of one or two lines: what happened (message), and what to do (hint).

    log: a file that holds more, if one was written.
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log


class UsageError(OrchestrateError):
    """The user asked for something that cannot be; the hint says what can."""

    exit_code = 2


class PatchBroken(OrchestrateError):
    """The patch does not apply. number: which one of its series, from 1; 0 if not known."""

    exit_code = 1
    number = 0


class BuildBroken(OrchestrateError):
    """kbuild failed; `errors` holds the first compiler or linker messages, one a line."""

    exit_code = 1

    def __init__(
        self, message: str, hint: str = "", log: Path | None = None, errors: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint, log)
        self.errors = errors


class InfrastructureError(OrchestrateError):
    """Nothing is known of the kernel because we could not get as far as asking it."""

    exit_code = 3
