# SPDX-License-Identifier: GPL-2.0-only
"""A failure recorded once more, so that its machine can be gone through backwards."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.shrink import Outcome, Target

RECORDING_SCHEMA_VERSION = 1
NOT_REPRODUCED = 4  # exit code of `orchestrate record`


class Try(Struct, frozen=True):
    """One recording. said: what it showed, in a line."""

    outcome: Outcome
    said: str
    took_s: float = 0.0


class Recorded(Struct, frozen=True):
    """recording.json. of_run: the run that failed; target: its failure, which this one shows, too.
    qemu: what recorded it, which must replay it. digests: SHA-256 of the files that a replay
    needs, by name. differs: what this machine has otherwise than that run's, in words."""

    of_run: str
    target: Target
    qemu: str
    digests: tuple[tuple[str, str], ...]
    tries: tuple[Try, ...]
    differs: tuple[str, ...] = ()
    schema_version: int = RECORDING_SCHEMA_VERSION
