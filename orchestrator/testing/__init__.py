# SPDX-License-Identifier: GPL-2.0-only
"""For tests of kernel code written in Python: the pytest plugin, and what its fixtures give.

    def test_my_module(vm, kmod):
        vm.insmod(kmod("my_module"), node=1)
        assert "my_module: ready" in vm.dmesg()

docs/pytest.md has all of it.
"""

from orchestrator.testing.events import Event
from orchestrator.testing.told import CommandFailed, Done, GuestGone, Kthread, NotGreen
from orchestrator.testing.vm import Vm

__all__ = ["CommandFailed", "Done", "Event", "GuestGone", "Kthread", "NotGreen", "Vm"]
