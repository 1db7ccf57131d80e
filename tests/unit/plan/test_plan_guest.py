# SPDX-License-Identifier: GPL-2.0-only
"""What init is told."""

from __future__ import annotations

from orchestrator.config.assets import asset_dir
from orchestrator.model.job import Suite
from orchestrator.plan.guest import KERNEL_EVENTS, MODULE_EVENTS, GuestJob, guest_files, job_files


def test_each_word_is_a_line() -> None:
    files = job_files(
        GuestJob("abc", (Suite("orch_b", "b_test", ""), Suite("orch_a", "a", "")), ("x", "y/z"), 7)
    )
    assert files == {
        "nonce": b"abc\n",
        "suites": b"orch_b b_test\norch_a a\n",
        "modules": b"",
        "events": b"x\ny/z\n",
        "hung_task_s": b"7\n",
        "timeout_ms": b"30000\n",
        "patience_ms": b"300\n",
        "seed": b"1\n",
        "trace_every": b"1\n",
        "epoch_s": b"0\n",
        "entropy": b"\n",
    }


def test_a_case_alone_is_a_filter_as_sysfs_takes_it() -> None:
    """The end of a line would be part of the name."""
    job = GuestJob("n", (Suite("orch_b", "b_test", ""),), case="on_node")
    assert job_files(job)["filter"] == b"orch_b.on_node"


def test_init_reads_every_file_there_is() -> None:
    rootfs = asset_dir("rootfs")
    scripts = [rootfs / "init", *(rootfs / "steps").glob("*.sh")]
    text = "\n".join(path.read_text() for path in scripts)
    for name in job_files(GuestJob("n", (Suite("orch_b", "b_test", ""),), case="x")):
        assert f"/job/{name}" in text, f"nothing in rootfs/ reads /job/{name}"
    for name in guest_files():
        assert f"/guest/{name}" in text, f"nothing in rootfs/ reads /guest/{name}"


def test_the_events_the_judge_rests_on_are_traced() -> None:
    assert {"orchestrate", "task/task_newtask"} <= {*KERNEL_EVENTS, *MODULE_EVENTS}
