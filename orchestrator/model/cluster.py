# SPDX-License-Identifier: GPL-2.0-only
"""Many machines: what a worker offers, what a job asks for, what both must agree on."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

# Raise it when what travels between a night and its workers changes.
PROTOCOL = 3

# Names of Dask's worker resources, for `dask worker --resources "orch-slots=2 ..."`.
SLOTS = "orch-slots"  # boots at a time; a build counts as one
MEM = "orch-mem"  # MiB for all machines of the worker together
KVM = "orch-kvm"  # as many as slots where KVM works, else 0
BUILD = "orch-build"  # builds at a time: make takes all cores, so 1 or 0

Asked = Mapping[str, float]


class Offer(Struct, frozen=True):
    """What a worker has room for. mem_mib: for machines. kvm: a guest has just run on it."""

    slots: int
    mem_mib: int
    kvm: bool
    builds: bool = True

    def resources(self) -> dict[str, float]:
        """The same, as Dask is told."""
        kvm = self.slots if self.kvm else 0
        return {SLOTS: self.slots, MEM: self.mem_mib, KVM: kvm, BUILD: int(self.builds)}


def boot_asks(mem_mib: int, kvm: bool) -> dict[str, float]:
    """What one machine takes of a worker. kvm: it must have it."""
    return {SLOTS: 1, MEM: mem_mib, **({KVM: 1} if kvm else {})}


def build_asks() -> dict[str, float]:
    """What a build takes of a worker."""
    return {SLOTS: 1, BUILD: 1}


def fits(asked: Asked, offered: Asked) -> bool:
    """Could a worker with nothing else to do take it?"""
    return all(offered.get(name, 0) >= amount for name, amount in asked.items())


def in_words(asked: Asked) -> str:
    """ "4396 MiB and KVM" """
    words = [f"{asked[MEM]:.0f} MiB"] if MEM in asked else []
    words += ["KVM"] if KVM in asked else []
    words += ["room for a build"] if BUILD in asked else []
    return " and ".join(words) or "a slot"


class Artefact(Struct, frozen=True):
    """Bytes that move between machines, known by their content. sha256: 64 hex digits; size:
    bytes."""

    sha256: str
    size: int


class Passport(Struct, frozen=True):
    """What verdicts depend on besides the job: (name, version) of each, in order."""

    entries: tuple[tuple[str, str], ...]

    def differences(self, other: Passport) -> str:
        """What differs, in one line, ours first; "": nothing."""
        mine, theirs = dict(self.entries), dict(other.entries)
        names = dict.fromkeys((*mine, *theirs))
        return "; ".join(
            f"{name} {mine.get(name, 'unknown')}, not {theirs.get(name, 'unknown')}"
            for name in names
            if mine.get(name) != theirs.get(name)
        )


class Tls(Struct, frozen=True):
    """Files, PEM: the authority both sides trust, and our own certificate with its key."""

    ca: str
    cert: str
    key: str
