# SPDX-License-Identifier: GPL-2.0-only
"""Kept states: used only while everything is as it was, and dropped else. No QEMU here."""

from __future__ import annotations

import asyncio
import mmap
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace
from qemu.qmp import QMPClient

from orchestrator.edge import seal, states
from orchestrator.edge.migration import Fork, NotKept, StateGone, restore, stamp
from orchestrator.edge.store import Store
from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.model.progress import silent
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.qemu import Boot

ONE_NODE = Topology("one", "", (Node(0, (0,), 64),))
HOLE = 1 << 20


class Maker:
    """Makes states as a machine would; made: how many."""

    def __init__(self, store: Store) -> None:
        self.store, self.made = store, 0

    def __call__(self, folder: Path) -> Fork | VmOutcome:
        self.made += 1
        with (folder / "ram0").open("wb") as file:
            file.write(b"memory of the guest")
            file.truncate(HOLE)
        (folder / states.DEVICES).write_bytes(b"devices")
        (folder / "console.log").write_text("booted\n")
        return Fork(folder / states.DEVICES, 1.5, 1.0)

    def get(self) -> states.MachineState:
        return states.state(self.store, "key", self, silent)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(Store(tmp_path))


def test_it_is_made_once(maker: Maker) -> None:
    first, second = maker.get(), maker.get()
    assert (maker.made, first.cached, second.cached) == (1, False, True)
    devices = second.folder / states.DEVICES
    assert second.fork == Fork(devices, 1.5, 1.0, stamp(devices.stat()))
    assert second.console.read_text() == "booted\n"


def test_a_state_made_meanwhile_is_not_dropped(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run looks before the first has made the state, and goes on after it."""
    real, looks = seal.whole, []

    def look(folder: Path, file: str = seal.SEAL) -> bool:
        found = real(folder, file)
        looks.append(found)
        if len(looks) == 1:
            states.state(maker.store, "key", maker, silent)
        return found

    monkeypatch.setattr(seal, "whole", look)
    (maker.store.folder("states") / "key").mkdir()  # not whole
    kept = maker.get()
    assert maker.made == 1
    assert kept.cached


class Control:
    """As much of a QMP client as restore() asks before it sends the state."""

    def __init__(self, major: int) -> None:
        self.sent: list[int] = []
        self.heard: list[tuple[str, object]] = []
        self.major = major

    async def execute(self, command: str, arguments: object = None) -> dict[str, object]:
        self.heard.append((command, arguments))
        if command == "query-version":
            return {"qemu": {"major": self.major, "minor": 2, "micro": 0}}
        return {"status": "paused", "fdset-id": 7}

    def send_fd_scm(self, fd: int) -> None:
        self.sent.append(fd)


@pytest.mark.parametrize(
    ("major", "command", "uri"), [(7, "getfd", "fd:state"), (11, "add-fd", "file:/dev/fdset/7")]
)
def test_a_state_goes_by_the_way_qemu_has(maker: Maker, major: int, command: str, uri: str) -> None:
    """QEMU 11: "fd: migration to a file is not supported. Use file: instead." """
    control = Control(major)
    asyncio.run(restore(cast(QMPClient, control), maker.get().fork))
    assert command in [name for name, _ in control.heard]
    assert ("migrate-incoming", {"uri": uri}) in control.heard


@pytest.mark.parametrize("change", ["none", "made again", "gone"])
def test_devices_of_another_boot_are_not_loaded(maker: Maker, change: str) -> None:
    control, kept = Control(7), maker.get()
    if change != "none":
        states.drop(maker.store, "key")
    if change == "made again":
        maker.get()
    loading = restore(cast(QMPClient, control), kept.fork)
    if change == "none":
        asyncio.run(loading)
        assert control.sent
        return
    with pytest.raises(StateGone):
        asyncio.run(loading)
    assert not control.sent


def overwrite(folder: Path) -> None:
    """As many bytes, others."""
    (folder / "ram0").chmod(0o600)
    with (folder / "ram0").open("r+b") as file:
        file.write(b"MEMORY")


def overwrite_and_hide(folder: Path) -> None:
    """The time of the last change put back."""
    before = (folder / "ram0").stat()
    overwrite(folder)
    os.utime(folder / "ram0", ns=(before.st_atime_ns, before.st_mtime_ns))


def write_into_a_hole(folder: Path) -> None:
    (folder / "ram0").chmod(0o600)
    with (folder / "ram0").open("r+b") as file:
        file.seek(HOLE - 100)
        file.write(b"x")


def cut(folder: Path) -> None:
    (folder / "ram0").chmod(0o600)
    os.truncate(folder / "ram0", 10)


def forget(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def garble(folder: Path) -> None:
    (folder / states.FACTS).write_bytes(b"\0" * 100)


DAMAGE = {
    "overwritten": overwrite,
    "overwritten, time put back": overwrite_and_hide,
    "a hole filled": write_into_a_hole,
    "cut": cut,
    "memory gone": forget("ram0"),
    "devices gone": forget(states.DEVICES),
    "facts gone": forget(states.FACTS),
    "facts garbled": garble,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_state_is_made_again(maker: Maker, damage: Callable[[Path], None]) -> None:
    damage(maker.get().folder)
    assert not maker.get().cached
    assert maker.made == 2
    assert maker.get().cached


def test_a_copied_cache_is_as_good(maker: Maker, tmp_path: Path) -> None:
    """All times differ, no content does: it is looked at once, and known again then."""
    folder = maker.get().folder
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    shutil.rmtree(folder)
    copy.rename(folder)
    before = (folder / states.FACTS).read_text()
    assert maker.get().cached and maker.made == 1
    assert (folder / states.FACTS).read_text() != before


def test_after_a_reboot_of_the_host_content_is_looked_at(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    content = seal._content
    monkeypatch.setattr(seal, "_content", lambda p: looked.append(p.name) or content(p))
    maker.get()
    looked.clear()
    maker.get()
    assert looked == []
    monkeypatch.setattr(seal, "_host_boot", lambda: "another")
    maker.get()
    assert "ram0" in looked and maker.made == 1


def test_a_machine_that_does_not_get_ready_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    died = VmOutcome(Ending.RESET, 0, 3.0)
    with pytest.raises(states.NotReady) as caught:
        states.state(store, "key", lambda _: died, silent)
    assert caught.value.outcome == died
    assert list(store.folder("states").iterdir()) == []


def test_a_machine_that_was_starved_while_it_booted_leaves_nothing(tmp_path: Path) -> None:
    """Its kernel may have reported stalls: they would be in every run that went on from it."""
    store = Store(tmp_path)

    def make(folder: Path) -> Fork | VmOutcome:
        (folder / "ram0").write_bytes(b"memory")
        raise NotKept("the host stood still for 40 s")

    with pytest.raises(NotKept):
        states.state(store, "key", make, silent)
    assert list(store.folder("states").iterdir()) == []


def test_the_oldest_go_when_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr(states, "KEPT_MIB", 0)
    old = states.state(store, "old", Maker(store), silent).folder
    os.utime(old, (1, 1))
    new = states.state(store, "new", Maker(store), silent).folder
    assert new.is_dir()
    assert old.is_dir(), "less than a MiB is no reason"
    (old / "more").write_bytes(os.urandom(2 << 20))
    os.utime(old, (1, 1))
    states.state(store, "newer", Maker(store), silent)
    assert not old.exists() and new.is_dir()


def test_the_key_is_all_that_a_state_depends_on(tmp_path: Path) -> None:
    vmlinux = tmp_path / "vmlinux"
    vmlinux.write_bytes(b"kernel")
    boot = Boot("qemu-system-x86_64", "tcg", "max", "", str(vmlinux), "/i", str(tmp_path), ONE_NODE)

    def key(boot: Boot = boot, kernel: str = "k", image: bytes = b"image") -> str:
        return states.state_key(boot, kernel, image)

    first = key()
    assert key() == first
    assert key(replace(boot, run_dir="/elsewhere", qmp_socket="/s", initrd="/j")) == first
    others = {
        key(kernel="other"),
        key(image=b"another"),
        key(replace(boot, tcg_thread="single")),
        key(replace(boot, cpu_model="qemu64")),
        key(replace(boot, extra_cmdline=("quiet",))),
        key(replace(boot, ports=())),
        key(replace(boot, topology=replace(ONE_NODE, nodes=(Node(0, (0, 1), 64),)))),
    }
    vmlinux.write_bytes(b"kernel again")
    assert len({first, key(), *others}) == 9


def test_memory_may_be_opened_for_writing_by_its_owner_alone(maker: Maker) -> None:
    """As QEMU does, also where it maps it privately; a user who is not root could not else."""
    folder = maker.get().folder
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes["ram0"] == 0o600
    assert modes[states.DEVICES] == modes["console.log"] == 0o400


def test_a_guest_that_writes_to_kept_memory_leaves_a_trace(maker: Maker) -> None:
    """One that has taken QEMU over: through a mapping, and with the file's age put back."""
    memory = maker.get().folder / "ram0"
    before = memory.stat()
    time.sleep(0.02)  # file times have a tick of 4 ms
    with memory.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[0:6] = b"hooked"
    os.utime(memory, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert memory.stat().st_mtime_ns == before.st_mtime_ns
    assert not maker.get().cached
