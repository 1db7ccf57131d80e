# SPDX-License-Identifier: GPL-2.0-only
"""Rows: sanitizers and the leak detector (mm/kasan, mm/kfence, mm/kmsan, mm/kmemleak.c,
kernel/kcsan, lib/ubsan.c)."""

from __future__ import annotations

from orchestrator.parse.splat_row import FUNC_OR_ADDRESS, row

CHECKERS = (
    row(
        "KASAN",
        r"BUG: KASAN: (?P<what>double-free or invalid-free|[\w-]+|Double free) (?:in|on) "
        + FUNC_OR_ADDRESS,
        "KASAN: {what}",
        "line trace",
    ),
    # arm64's tag checks in hardware, before KASAN can say more.
    row("KASAN", r"BUG: KASAN: (?P<what>invalid-access)", "KASAN: {what}", "ip trace"),
    row("KASAN", r"BUG: KASAN: ", "KASAN: corrupted report", "trace"),
    row(
        "KASAN",
        r"BUG: KASan: (?P<what>[\w -]+?) (?:in|on) " + FUNC_OR_ADDRESS,
        "KASAN: {what}",
        "line trace",
    ),
    row("KCSAN", rf"BUG: KCSAN: (?P<what>[\w -]+) in {FUNC_OR_ADDRESS}", "KCSAN: {what}", "named"),
    row("KCSAN", r"BUG: KCSAN: ", "KCSAN: corrupted report", "frames"),
    row(
        "KMSAN",
        rf"BUG: KMSAN: (?P<what>[\w-]+) in {FUNC_OR_ADDRESS}",
        "KMSAN: {what}",
        "line frames",
    ),
    row("KMSAN", r"BUG: KMSAN: ", "KMSAN: corrupted report", "frames"),
    row(
        "KFENCE",
        rf"BUG: KFENCE: (?P<what>[\w -]+?) in {FUNC_OR_ADDRESS}",
        "KFENCE: {what}",
        "line frames",
    ),
    row("KFENCE", r"BUG: KFENCE: ", "KFENCE: corrupted report", "frames"),
    row("UBSAN", r"UBSAN: (?P<what>[\w -]+?) in ", "UBSAN: {what}", "trace"),
    # The trap handlers of CONFIG_UBSAN_TRAP (lib/ubsan.c, report_ubsan_failure()).
    row("UBSAN", r"Internal error: UBSAN: (?P<what>[\w -]+)", "UBSAN: {what}"),
    row("memory-leak", r"BUG: memory leak", "memory leak", "leak frames"),
    row("memory-leak", r"unreferenced object 0x", "memory leak", "leak frames", "memory-leak", 3),
    row(
        "memory-leak",
        r"kmemleak: \d+ new suspected memory leaks",
        "memory leak",
        "",
        "memory-leak",
    ),
)
