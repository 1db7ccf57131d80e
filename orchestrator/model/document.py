# SPDX-License-Identifier: GPL-2.0-only
"""run.json: the whole result of a run as one document. Schema: docs/run.schema.json."""

from __future__ import annotations

from msgspec import Struct, field

from orchestrator.model.arch import DEFAULT
from orchestrator.model.evidence import KtapCounts, KtapTest, Placement, Splat, VmOutcome
from orchestrator.model.guest_machine import GuestHmat, GuestPlug
from orchestrator.model.job import Accelerator, Plan, Sandbox, StageTime
from orchestrator.model.known import KnownIssue
from orchestrator.model.symbols import SymbolTable
from orchestrator.model.topology import GuestNode
from orchestrator.model.verdict import Finding, Verdict

SCHEMA_VERSION = 1


class SuiteSummary(Struct, frozen=True):
    """One line of the suite table. guest_s: guest uptime the suite took; None: never ended."""

    name: str
    counts: KtapCounts
    guest_s: float | None


class RunDocument(Struct, frozen=True):
    """Times are seconds, sizes MiB or KiB as named. What a run did not get to is null or empty.

    keys: content keys of what went in, e.g. ["kernel", "0123456789abcdef"]. known_issues:
    what findings are known as; a verdict "pass" with findings rests on them. autopsy: a page
    of what was seen in a guest that hung or crashed, in lines; all of it is in autopsy.json.
    command_status: with what the user's command in the guest ended; null if there was none, or
    nobody heard that it ended. It is exit_code if nothing speaks against the kernel. tools: QEMU,
    compiler and linker, each with what it says of its version; llvm: make's LLVM, "" for gcc.
    arch: the guest's, as make's ARCH= has it.
    """

    schema_version: int
    verdict: Verdict
    exit_code: int
    started_at: str
    command: tuple[str, ...]
    tree: str
    kernel_release: str
    config: str
    patches: tuple[str, ...]
    findings: tuple[Finding, ...]
    suites: tuple[SuiteSummary, ...]
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]
    accelerator: Accelerator | None = None
    plan: Plan | None = None
    outcome: VmOutcome | None = None
    guest_nodes: tuple[GuestNode, ...] = ()
    guest_hmat: GuestHmat = field(default_factory=GuestHmat)
    guest_plugs: tuple[GuestPlug, ...] = ()
    tests: tuple[KtapTest, ...] = ()
    splats: tuple[Splat, ...] = ()
    placements: tuple[Placement, ...] = ()
    trace_events: int = 0
    known_issues: tuple[KnownIssue, ...] = ()
    symbols: SymbolTable = field(default_factory=SymbolTable)
    sandbox: Sandbox | None = None
    autopsy: tuple[str, ...] = ()
    command_status: int | None = None
    tools: tuple[tuple[str, str], ...] = ()
    llvm: str = ""
    arch: str = DEFAULT
