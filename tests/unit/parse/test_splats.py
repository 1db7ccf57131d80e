# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import PREFIXES, RELAXED, golden

from orchestrator.model.evidence import Splat
from orchestrator.parse.splats import parse_splats

TRACE = (
    "Call Trace:",
    " dump_stack_lvl+0x5d/0x80",
    " ? stale_frame+0x1/0x2",
    " orch_guilty+0x10/0x20 [orch]",
)


def only(lines: list[str]) -> Splat:
    (splat,) = parse_splats(lines)
    return splat


def test_a_warning_of_7_3() -> None:
    splat = only(golden("splat_warning_7.3.log"))
    assert (splat.kind, splat.function) == ("WARNING", "kthread_bind_mask")
    assert splat.title == "WARNING in kthread_bind_mask"
    assert splat.line == 3
    assert not splat.fatal
    assert splat.lines[-1].endswith("---[ end trace 0000000000000000 ]---")


def test_an_oops_its_panic_and_what_a_dying_kernel_says_are_one() -> None:
    splat = only(golden("splat_null_deref_panic.log"))
    assert (splat.kind, splat.function) == ("null-deref", "kthread_queue_work")
    assert splat.fatal


def test_an_oops_without_the_panic_is_not_fatal() -> None:
    lines = golden("splat_null_deref_panic.log")
    assert not only(lines[:15]).fatal


def test_a_deadlock_names_who_asked_for_the_lock() -> None:
    splat = only(golden("splat_deadlock.log"))
    assert (splat.kind, splat.title) == ("lockdep", "possible deadlock in orch_take_b")


def test_a_stall_names_the_work_not_where_it_happened_to_be() -> None:
    splat = only(golden("splat_rcu_stall.log"))
    assert (splat.kind, splat.function) == ("rcu-stall", "orch_spin_work")


def test_a_quiet_boot_has_none() -> None:
    assert parse_splats(golden("quiet_boot.log")) == ()


@pytest.mark.parametrize(
    ("line", "kind", "title"),
    [
        ("WARNING: CPU: 0 PID: 1 at kernel/a.c:3 bad_fn+0x1/0x2", "WARNING", "WARNING in bad_fn"),
        (
            "WARNING: CPU: 0 PID: 1 at kernel/a.c:3 bad_fn.isra.0+0x1/0x2",
            "WARNING",
            "WARNING in bad_fn",
        ),
        ("WARNING: kernel/a.c:3 at bad_fn+0x1/0x2, CPU#0: a b/1", "WARNING", "WARNING in bad_fn"),
        ("WARNING: at bad_fn+0x1/0x2, CPU#0: a/1", "WARNING", "WARNING in bad_fn"),
        (
            "WARNING: lib/refcount.c:28 at refcount_warn_saturate+0x1/0x2, CPU#0: a/1",
            "refcount",
            "refcount bug in orch_guilty",
        ),
        ("refcount_t: underflow; use-after-free.", "refcount", "refcount bug in orch_guilty"),
        ("kernel BUG at kernel/kthread.c:77!", "BUG", "kernel BUG in orch_guilty"),
        ("list_add corruption. prev->next should be next.", "BUG", "corrupted list in orch_guilty"),
        (
            "BUG: unable to handle page fault for address: ffff88",
            "page-fault",
            "unable to handle kernel paging request in orch_guilty",
        ),
        (
            "Unable to handle kernel paging request at virtual address 0",
            "page-fault",
            "unable to handle kernel paging request in orch_guilty",
        ),
        (
            "BUG: kernel NULL pointer dereference, address: 0",
            "null-deref",
            "NULL pointer dereference in orch_guilty",
        ),
        (
            "Oops: general protection fault, probably for non-canonical address 0xd: 0000 [#1]",
            "gpf",
            "general protection fault in orch_guilty",
        ),
        ("Oops: divide error: 0000 [#1] SMP", "divide-error", "divide error in orch_guilty"),
        ("Oops: 0002 [#1] SMP", "oops", "Oops in orch_guilty"),
        (
            "BUG: KASAN: slab-use-after-free in bad_fn+0x1/0x2 [m]",
            "KASAN",
            "KASAN: slab-use-after-free in bad_fn",
        ),
        (
            "BUG: KASAN: slab-out-of-bounds in memcpy+0x1/0x2",
            "KASAN",
            "KASAN: slab-out-of-bounds in orch_guilty",
        ),
        ("BUG: KCSAN: data-race in bad_fn / other_fn", "KCSAN", "KCSAN: data-race in bad_fn"),
        ("BUG: KMSAN: uninit-value in bad_fn+0x1/0x2", "KMSAN", "KMSAN: uninit-value in bad_fn"),
        (
            "UBSAN: array-index-out-of-bounds in kernel/a.c:3:5",
            "UBSAN",
            "UBSAN: array-index-out-of-bounds in orch_guilty",
        ),
        (
            "BUG: KFENCE: use-after-free read in bad_fn+0x1/0x2",
            "KFENCE",
            "KFENCE: use-after-free read in bad_fn",
        ),
        (
            "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
            "memory-leak",
            "memory leak",
        ),
        (
            "WARNING: possible recursive locking detected",
            "lockdep",
            "possible deadlock in orch_guilty",
        ),
        ("WARNING: inconsistent lock state", "lockdep", "inconsistent lock state in orch_guilty"),
        ("WARNING: suspicious RCU usage", "lockdep", "suspicious RCU usage in orch_guilty"),
        ("[ BUG: Invalid wait context ]", "lockdep", "invalid wait context in orch_guilty"),
        (
            "BUG: sleeping function called from invalid context at kernel/a.c:1",
            "atomic-sleep",
            "BUG: sleeping function called from invalid context in orch_guilty",
        ),
        (
            "BUG: scheduling while atomic: a/1/0x00000002",
            "atomic-sleep",
            "BUG: scheduling while atomic in orch_guilty",
        ),
        (
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]",
            "soft-lockup",
            "BUG: soft lockup in orch_guilty",
        ),
        (
            "watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 0",
            "hard-lockup",
            "hard LOCKUP in orch_guilty",
        ),
        (
            "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0",
            "hard-lockup",
            "hard LOCKUP in orch_guilty",
        ),
        (
            "rcu: INFO: rcu_sched self-detected stall on CPU",
            "rcu-stall",
            "rcu stall in orch_guilty",
        ),
        (
            "INFO: task kthreadd:2 blocked for more than 120 seconds.",
            "hang",
            "task hung in orch_guilty",
        ),
        (
            "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!",
            "hang",
            "BUG: workqueue lockup",
        ),
        (
            "BUG: TASK stack guard page was hit at 0000",
            "stack-overflow",
            "BUG: stack guard page was hit in orch_guilty",
        ),
        (
            "Kernel panic - not syncing: corrupted stack end detected inside scheduler",
            "panic",
            "kernel panic: corrupted stack end in orch_guilty",
        ),
        ("insmod invoked oom-killer: gfp_mask=0xcc0", "oom", "out of memory"),
        ("Out of memory: Killed process 12 (a)", "oom", "out of memory"),
        (
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "panic",
            "kernel panic: VFS: Unable to mount root fs on unknown-block(NUM,NUM)",
        ),
        ("ODEBUG: free active (active state 0) object: 0", "WARNING", "ODEBUG bug in orch_guilty"),
        (
            "WARNING: CPU: 0 PID: 1 at kernel/locking/lockdep.c:5000 lock_release+0x1/0x2",
            "lockdep",
            "WARNING: locking bug in orch_guilty",
        ),
        (
            "BUG kmalloc-64 (Tainted: G    B  O      ): Object already free",
            "BUG",
            "BUG in slab: Object already free in orch_guilty",
        ),
        ("CFI failure at bad_fn+0x1/0x2 (target: f+0x0/0x1)", "BUG", "CFI failure in bad_fn"),
        ("BUG: Bad page state in process a  pfn:1", "BUG", "BUG: Bad page state in orch_guilty"),
        (
            "unregister_netdevice: waiting for lo to become free. Usage count = 2",
            "other",
            "unregister_netdevice: waiting for DEV to become free",
        ),
        (
            "BUG: something 0xffff888004120000 new, 12 times",
            "BUG",
            "BUG: something ADDR new, NUM times in orch_guilty",
        ),
    ],
)
def test_formats(line: str, kind: str, title: str) -> None:
    for prefix in PREFIXES:
        splat = only([prefix + text + "\r\n" for text in (line, *TRACE)])
        assert (splat.kind, splat.title) == (kind, title), prefix
    # Quoted by a test, or said by a program, it is none.
    for quote in ("# ", "    # test: ", "ok 1 ", "    not ok 2 - ", "systemd[1]: ", "note that "):
        assert parse_splats([f"[    1.000000] {quote}{line}"]) == (), quote


@pytest.mark.parametrize(
    ("line", "function"),
    [
        (" [<ffffffff81d0010d>] orch_fn+0xc1/0x124", "orch_fn"),
        ("  orch_fn.part.3+0xc1/0x124 [orch]", "orch_fn"),
        (" __x64_sys_orch+0x1/0x2", "sys_orch"),
        ("[<80a7ce74>] (orch_fn) from [<80a7d15c>] (caller+0x18/0x1c)", "orch_fn"),
        (" orch_fn from caller+0x18/0x1c", "orch_fn"),
        ("[c0000001] [c00000000002] orch_fn+0x43c/0x6d0", "orch_fn"),
        (" orch_fn kernel/orch.c:12 [inline]", "orch_fn"),
        (" ? orch_fn+0x1/0x2", ""),
    ],
)
def test_frames_of_all_ages(line: str, function: str) -> None:
    assert only(["BUG: Bad page state in process a", "Call Trace:", line]).function == function


def test_lines_of_another_task_do_not_name_the_function() -> None:
    splat = only(
        [
            "[    1.000000][   T10] BUG: Bad page state in process a",
            "[    1.000001][   T10] Call Trace:",
            "[    1.000002][   T11]  orch_innocent+0x1/0x2",
            "[    1.000003][   T10]  orch_guilty+0x1/0x2",
        ]
    )
    assert splat.function == "orch_guilty"


def test_the_message_of_a_warning_and_its_warning_are_one() -> None:
    splat = only(
        [
            "------------[ cut here ]------------",
            "refcount_t: underflow; use-after-free.",
            "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x2",
            *TRACE,
        ]
    )
    assert (splat.kind, splat.function) == ("refcount", "orch_guilty")


def test_who_holds_what_a_hung_task_waits_for_is_part_of_the_hang() -> None:
    hung = "INFO: task a:3 blocked for more than 60 seconds."
    holder = "INFO: task a:3 is blocked on a mutex likely owned by task b:4."
    assert only([hung, *TRACE, holder, hung.replace("a:3", "c:5")][:6]).kind == "hang"
    assert len(parse_splats([hung, *TRACE, holder, hung.replace("a:3", "c:5")])) == 2


def test_a_report_ends_where_the_test_that_caused_it_does() -> None:
    lines = ["BUG: Bad page state in process a", "Call Trace:", "    not ok 3 a", " next+0x1/0x2"]
    assert only(lines).lines == tuple(lines[:2])
    assert only(lines).function == ""
    assert only([line for line in lines if "not ok" not in line]).function == "next"


def test_two_warnings_are_two() -> None:
    lines = golden("splat_warning_7.3.log")
    later = [line.replace("[    2.", "[    3.") for line in lines]
    assert [s.line for s in parse_splats(lines + later)] == [3, 3 + len(lines)]


def test_a_log_printed_again_has_its_reports_once() -> None:
    lines = golden("splat_warning_7.3.log")
    assert [s.line for s in parse_splats(lines + lines)] == [3]


def test_a_panic_of_its_own_is_a_report_even_after_another() -> None:
    lines = [*golden("splat_warning_7.3.log"), "Kernel panic - not syncing: VFS: no root"]
    warning, panic = parse_splats(lines)
    assert not warning.fatal
    assert (panic.kind, panic.fatal) == ("panic", True)


def test_init_that_exits_after_a_mere_warning_is_a_report_of_its_own() -> None:
    killed = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100"
    warning, panic = parse_splats([*golden("splat_warning_7.3.log"), killed])
    assert not warning.fatal
    assert panic.title == "kernel panic: Attempted to kill init! exitcode=ADDR"
    assert only([*golden("splat_null_deref_panic.log")[:16], killed]).fatal


def test_a_fatal_exception_without_its_cause_is_a_panic() -> None:
    splat = only(["Kernel panic - not syncing: Fatal exception in interrupt"])
    assert (splat.kind, splat.fatal) == ("panic", True)


BOOT = "[    0.000000] Linux version 7.3.4 (a@b) #1"


def test_a_second_boot_is_a_reboot_nobody_asked_for() -> None:
    splat = only([BOOT, "[    1.000000] up", "SeaBIOS (version 1.16)", BOOT, "[    1.0] up"])
    assert (splat.kind, splat.line) == ("reboot", 3)
    assert only([BOOT, "[    1.000000] up", BOOT]).kind == "reboot"


def test_a_boot_after_firmware_is_none() -> None:
    assert parse_splats(["\x1bc\x1b[?7lSeaBIOS (version 1.16)", "Booting", BOOT]) == ()
    assert parse_splats(["SeaBIOS (version 1.16)", BOOT]) == ()


def test_a_boot_after_a_panic_belongs_to_the_panic() -> None:
    assert only(["Kernel panic - not syncing: x", BOOT]).kind == "panic"


def test_after_a_reboot_reports_count_again() -> None:
    lines = ["Kernel panic - not syncing: x", BOOT, "BUG: scheduling while atomic: a/1/0"]
    assert [s.kind for s in parse_splats(lines)] == ["panic", "atomic-sleep"]


def test_a_truncated_report_is_still_one() -> None:
    lines = golden("splat_null_deref_panic.log")
    for length in range(1, len(lines) + 1):
        assert only(lines[:length]).kind == "null-deref"


@RELAXED
@given(st.lists(st.binary()))
def test_any_bytes_survive(raw: list[bytes]) -> None:
    parse_splats([line.decode(errors="replace") for line in raw])


STARTS = [
    "BUG: ",
    "WARNING: ",
    "Kernel panic - not syncing: ",
    "Oops: ",
    "Call Trace:",
    " f+0x1/0x2",
    "at: g",
]


@RELAXED
@given(st.lists(st.tuples(st.sampled_from(STARTS), st.text(max_size=20)).map("".join), max_size=12))
def test_near_reports_survive(lines: list[str]) -> None:
    for splat in parse_splats(lines):
        assert splat.title and 1 <= splat.line <= len(lines)
