# SPDX-License-Identifier: GPL-2.0-only
"""Rows: exceptions the kernel cannot handle, on every architecture (arch/*/mm/fault.c,
arch/*/kernel/traps.c, arch/s390/kernel/dumpstack.c).

Where an architecture says more than one line, the first tells what it was and the one with
the count, "[#1]", elaborates.
"""

from __future__ import annotations

from orchestrator.parse.splat_row import DEADLY, row

_UNABLE = r"(?:BUG: |CPU \d+ |\w+: )?[Uu]nable to handle (?:kernel )?"
_DIE = "oops"

FAULTS = (
    # --- stacks -------------------------------------------------------------------------------
    row(
        "stack-overflow",
        r"BUG: (?:\S+ )?stack guard page was hit",
        "BUG: stack guard page was hit",
        "stall",
    ),
    row(
        "stack-overflow",
        r"BUG: IRQ stack overflow|(?:BUG: )?[Kk]ernel stack overflow|do_IRQ: stack overflow"
        r"|Insufficient stack space to handle exception|(?:BUG: )?stack overflow\b",
        "stack overflow",
        "ip stall",
        "stack-overflow",
    ),
    # --- pointers -----------------------------------------------------------------------------
    row(
        "null-deref",
        _UNABLE + r"NULL pointer dereference|BUG: [Kk]ernel NULL pointer dereference",
        "NULL pointer dereference",
    ),
    # MIPS, LoongArch, Alpha: only the address tells.
    row(
        "null-deref",
        _UNABLE + r"paging request at (?:virtual )?address 0{5,13}[0-9a-f]{3}\b",
        "NULL pointer dereference",
    ),
    row(
        "page-fault",
        _UNABLE + r"(?:paging request|page fault|access|unknown|write|read|execut|instruction"
        r"|pointer dereference|data|unaligned)",
        "unable to handle kernel paging request",
    ),
    row("page-fault", r"BUG: [Uu]nable to handle ", "unable to handle kernel paging request"),
    row(
        "gpf",
        r"(?:Oops: )?(?:segment-related )?general protection fault(?:,|:| maybe| for|$)",
        "general protection fault",
        after="KASAN",
    ),
    row(
        "divide-error",
        r"(?:Oops: )?(?:divide[_ ]error|fixpoint divide exception): ",
        "divide error",
    ),
    row("divide-error", r"Division by zero in kernel\.", "divide error", "trace"),
    # --- the rest -----------------------------------------------------------------------------
    row(_DIE, r"(?:traps: )?PANIC: double fault|Oops: double fault: ", "PANIC: double fault"),
    row(_DIE, r"Unhandled (?:fault|prefetch abort): ", "Unhandled fault"),
    row(_DIE, r"Unhandled kernel unaligned access\[#", "Unhandled fault"),
    row(_DIE, r"Unhandled .{1,40} exception on CPU\d+, ESR ", "Unhandled exception"),
    row(_DIE, r"Bad mode in .{1,40} handler detected", "Bad mode in handler"),
    row(_DIE, r"SError Interrupt on CPU\d+, ", "SError interrupt"),
    row("BUG", r"Internal error: Oops - BUG: ", "kernel BUG", after=DEADLY),
    row(_DIE, r"Internal error: ", "Internal error", after=DEADLY),
    row("BUG", r"Kernel (?:bug detected|BUG) ?\[#\d+\]", "kernel BUG", after=DEADLY),
    row(
        _DIE,
        r"(?:Oops|invalid opcode|int3|traps|stack segment|alignment check|bounds|invalid TSS"
        r"|segment not present|control protection fault): .*\[#\d+\]",
        "Oops",
        after=DEADLY,
    ),
    # s390, with the length of the instruction.
    row(
        _DIE,
        r"(?:Oops|[a-zA-Z][\w -]{3,40}): [0-9a-f]{4} ilc:\d \[#\d+\]",
        "Oops",
        after=DEADLY,
    ),
    row(_DIE, r"(?:\S{1,16}\(\d+\): )?Oops(?: - [\w ,-]+)? ?\[#\d+\]", "Oops", after=DEADLY),
    row(_DIE, r"Oops(?:: \w| - [\w ]+: )", "Oops", after=DEADLY, proof="trace"),
    # MIPS, LoongArch, SPARC, Xtensa: "what it was[#1]:", "task(pid): what it was [#1]".
    row(
        _DIE,
        r"(?=[A-Z\w]).{3,80}?\[#\d{1,4}\](?::|[ A-Z_]{0,60})$",
        "Oops",
        after=DEADLY,
        proof="trace",
    ),
)
