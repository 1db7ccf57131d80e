# SPDX-License-Identifier: GPL-2.0-only
"""A user's project: what passes, and what must not. tests/boot/test_pytest_plugin.py runs it."""

from __future__ import annotations

import pytest

from orchestrator.testing import CommandFailed, NotGreen


def test_commands(vm):
    assert vm.run("echo out; echo err >&2").stdout == "out\n"
    assert vm.run(["printf", "%s", "a 'b' $c"]).stdout == "a 'b' $c"
    assert vm.run("exit 3", check=False).status == 3
    assert vm.run("if then", check=False).status
    with pytest.raises(CommandFailed, match="exit status 1"):
        vm.run("false")
    with pytest.raises(ValueError, match="cannot trace sched:nothing"):
        vm.trace_on("sched:nothing")
    vm.put(bytes(range(256)) * 500, "/tmp/deep/bytes")
    assert vm.run("wc -c < /tmp/deep/bytes").stdout.strip() == "128000"
    assert vm.read("/proc/sys/kernel/osrelease").strip() == vm.release


@pytest.mark.topology("numa2", "numa4")
def test_a_thread_on_its_node(vm, kmod, topology):
    vm.trace_on("sched:sched_process_fork")
    name = vm.insmod(kmod("hello"), node=1)
    assert vm.read(f"/sys/module/{name}/parameters/node").strip() == "1"
    thread = vm.kthread("hello/*")
    (node,) = (node for node in topology.nodes if node.id == 1)
    assert thread.node == 1 and thread.allowed == node.cpus
    forked = vm.event("sched_process_fork", child_pid=thread.pid)
    assert forked.task == "kthreadd" and forked["child_comm"] == "hello/1"
    vm.rmmod(name)
    assert not vm.kthreads("hello/*")
    assert "hello: on node 1" in vm.dmesg()


def test_what_is_expected_is_no_failure(vm, kmod):
    vm.expect("WARNING in hello_init*")
    vm.insmod(kmod("hello"), warn=True)


def test_each_guest_is_fresh(vm):
    assert "hello" not in vm.read("/proc/modules") and not vm.run("ls /tmp").stdout


def test_two_guests(new_vm, kmod):
    small, large = new_vm("numa1"), new_vm()
    assert (len(small.nodes()), len(large.nodes())) == (1, 4)
    large.insmod(kmod("hello"))
    large.end()
    assert not small.kthreads("hello/*")


def test_red_one_of_two_guests(new_vm, kmod):
    first = new_vm("numa2")
    first.insmod(kmod("hello"), warn=True)
    with pytest.raises(NotGreen, match="WARNING in hello_init"):
        first.end()
    new_vm("numa1").insmod(kmod("hello"), warn=True)


def test_red_no_such_thread(vm):
    vm.kthread("hello/*")


def test_red_no_such_event(vm, kmod):
    vm.trace_on("sched:sched_process_fork")
    vm.insmod(kmod("hello"))
    vm.event("sched_process_fork", child_comm="nobody/*")


def test_red_placement(vm, kmod):
    vm.insmod(kmod("hello"), node=1)
    assert vm.kthread("hello/*").node == 3


def test_red_warning(vm, kmod):
    vm.insmod(kmod("hello"), warn=True)


def test_red_expected_and_not_seen(vm):
    vm.expect("WARNING in nothing*")


def test_red_itself(vm):
    vm.run("echo the kernel said > /dev/kmsg")
    assert vm.topology.name == "another"


def test_red_panic(vm, kmod):
    vm.insmod(kmod("panics"))


def test_red_no_answer(vm):
    vm.run("sleep 100", timeout_s=2)


def test_red_build(kmod):
    kmod("broken")


@pytest.mark.topology("nosuch")
def test_red_topology(vm):
    vm.run("true")
