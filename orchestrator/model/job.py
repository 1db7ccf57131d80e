# SPDX-License-Identifier: GPL-2.0-only
"""What a run was asked to do, and what it made on the way."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

from orchestrator.model import arch as arches
from orchestrator.model.autopsy import Autopsy
from orchestrator.model.evidence import Evidence
from orchestrator.model.known import KnownIssue
from orchestrator.model.session import COMMAND_CHECK, Session
from orchestrator.model.symbols import SymbolTable
from orchestrator.model.toolchain import Toolchain
from orchestrator.model.topology import Topology
from orchestrator.model.verdict import Finding, Verdict

# Checks that find the end of a run missing.
LAST_WORDS = ("ending", "channels", "session")


class Option(Struct, frozen=True):
    """One CONFIG_ symbol a fragment asks for, and where it does."""

    name: str  # with CONFIG_
    value: str  # y, n, m, a number, or a quoted string
    file: str
    line: int
    optional: bool = False  # may be lost without an error


class KernelConfig(Struct, frozen=True):
    """The fragments of one kernel, merged: options in the order asked, no duplicates; and the
    compiler that Kconfig finds. llvm: as model.toolchain has it, "" for gcc. arch: as model.arch
    names it."""

    names: tuple[str, ...]
    options: tuple[Option, ...]
    llvm: str = ""
    arch: str = arches.DEFAULT

    @property
    def toolchain(self) -> Toolchain:
        return Toolchain(arches.named(self.arch), self.llvm)

    @property
    def label(self) -> str:
        return "+".join(self.names)


class Tree(Struct, frozen=True):
    """A kernel source tree in the store, never written to again.

    key: content key. release: "7.3.4" from its Makefile. origin: what the user named.
    """

    path: Path
    key: str
    release: str
    origin: str


class BuiltKernel(Struct, frozen=True):
    """vmlinux and what modules need to be built against it.

    src: the (patched) sources; obj: the O= directory inside it. relative: key of the kernel
    whose objects it started from, if any; differing: files of the tree that are other ones there.
    """

    key: str
    release: str  # as `make kernelrelease` gives it
    src: Path
    obj: Path
    vmlinux: Path
    config: Path
    log: Path
    cached: bool
    warnings: tuple[str, ...] = ()
    relative: str = ""
    differing: tuple[str, ...] = ()
    llvm: str = ""  # what it was built with, as model.toolchain has it
    tools: tuple[tuple[str, str], ...] = ()  # compiler and linker: (name, its version's words)
    arch: str = arches.DEFAULT

    @property
    def image(self) -> Path:
        """What QEMU loads."""
        return self.obj / arches.named(self.arch).image

    @property
    def toolchain(self) -> Toolchain:
        return Toolchain(arches.named(self.arch), self.llvm)


class Suite(Struct, frozen=True):
    """One KUnit suite module of kmod/: name as in KTAP, module file stem, one-line subject."""

    name: str
    module: str
    subject: str


class BuiltInSuite(Struct, frozen=True):
    """A KUnit suite that is part of vmlinux. cases: () if they are not known."""

    name: str
    cases: tuple[str, ...] = ()


class BuiltIn(Struct, frozen=True):
    """Suites that the kernel runs when it boots. glob: of kunit.filter_glob; suites: those of
    vmlinux that it lets through, with the cases that it does, in the order they run."""

    glob: str
    suites: tuple[BuiltInSuite, ...]


class OwnModule(Struct, frozen=True):
    """A module of the user's, by the name that the kernel has for it, and what it is loaded
    with."""

    name: str
    params: tuple[str, ...] = ()


class Selftests(Struct, frozen=True):
    """A target of kselftest: its programs in the order they run. limit_s: what each may take on
    a machine of usual speed."""

    target: str
    tests: tuple[str, ...]
    limit_s: int


class BuiltModule(Struct, frozen=True):
    """kmod/ built for one kernel: .ko files, core first. own: the user's, besides suites."""

    key: str
    core: Path
    suites: tuple[tuple[Suite, Path], ...]
    cached: bool
    own: tuple[Path, ...] = ()


class Accelerator(Struct, frozen=True):
    """kvm or tcg, the -cpu model to go with it, and the reason in words."""

    name: str
    cpu_model: str
    reason: str


class Sandbox(Struct, frozen=True):
    """What code of the tree and QEMU run in: "bubblewrap" or "none", and why, in words."""

    name: str
    reason: str


class StageTime(Struct, frozen=True):
    """How long one stage of a run took. cached: it had nothing to do."""

    stage: str
    took_s: float
    cached: bool = False


class Plan(Struct, frozen=True):
    """What the guest was asked for: all that judging needs besides the evidence."""

    nonce: str
    suites: tuple[str, ...]
    topology: Topology
    numa: bool  # the kernel was configured with CONFIG_NUMA
    strict_affinity: bool  # the tree promises kthread affinity to the asked node (6.14+)
    held_mib: int = 0  # memory the configuration takes from any node: KASAN's shadow
    leak_scan: bool = False  # kmemleak is configured: its list must come
    coverage: bool = False  # objects are profiled by gcov: their counts must come
    case: str = ""  # of the one suite, the case that runs alone; "": all
    session: Session | None = None  # a shell or command instead of suites
    kunit: BuiltIn | None = None  # the kernel's own suites, which run before init
    modules: tuple[OwnModule, ...] = ()  # loaded before the suites, unloaded after them
    selftests: tuple[Selftests, ...] = ()  # what a session of Talk.SELFTESTS runs


class RunResult(Struct, frozen=True):
    """Everything a report shows. evidence is None if the run never got to a boot."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    run_dir: Path
    command: tuple[str, ...]
    started_at: str  # ISO 8601, UTC
    tree_origin: str = ""
    kernel_release: str = ""
    config: str = ""
    patches: tuple[str, ...] = ()
    plan: Plan | None = None
    accelerator: Accelerator | None = None
    sandbox: Sandbox | None = None  # None: it never got as far as to need one
    evidence: Evidence | None = None
    stages: tuple[StageTime, ...] = ()
    notes: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()  # ("tree", ...), ("kernel", ...)
    known_issues: tuple[KnownIssue, ...] = ()  # those that findings are
    symbols: SymbolTable = field(default_factory=SymbolTable)
    autopsy: Autopsy | None = None  # of a guest that hung or crashed
    tools: tuple[tuple[str, str], ...] = ()  # QEMU, compiler, linker: (name, its version's words)
    llvm: str = ""  # as KernelConfig has it
    arch: str = arches.DEFAULT  # as model.arch names it

    @property
    def command_status(self) -> int | None:
        """With what the session's command ended; None: nobody heard that it did, or there was
        none."""
        if self.plan and self.plan.selftests:
            return None
        return self.evidence.guest.session_status if self.evidence else None

    @property
    def exit_code(self) -> int:
        """The verdict's, unless nothing speaks against the kernel and a command ended otherwise
        than with 0: then that command's."""
        if self.findings and not self.troubles() and self.command_status:
            return self.command_status
        return self.verdict.exit_code

    def troubles(self, left: bool = False) -> tuple[Finding, ...]:
        """All that was found besides that the user's command did not end with 0. left: the user
        ended the machine, so that it says nothing if its last words are missing."""
        expected = (COMMAND_CHECK, *(LAST_WORDS if left else ()))
        return tuple(one for one in self.findings if one.check not in expected)
