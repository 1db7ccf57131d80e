# SPDX-License-Identifier: GPL-2.0-only
"""A guest that hangs over a lock, and what is found in it before it goes."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from running import COMMAND, RED_SUITES, Boot, Done

from orchestrator.edge.autopsy.reading import Asked, read_memory
from orchestrator.edge.autopsy.type_info import types_object
from orchestrator.edge.kernel import load
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.autopsy import Autopsy, MemoryFacts, TaskSeen
from orchestrator.model.progress import silent


@pytest.fixture(scope="module")
def hung(boot: Boot, green: Done) -> Done:
    return boot("--kmod", str(RED_SUITES), "--suite", "orch_red_lock", "--timeout", "6",
                "--keep-dump")  # fmt: skip


@pytest.fixture(scope="module")
def seen(hung: Done) -> Autopsy:
    return msgspec.json.decode((hung.run_dir / "autopsy.json").read_bytes(), type=Autopsy)


def task(seen: Autopsy, comm: str) -> TaskSeen:
    return next(one for one in seen.tasks if one.comm == comm)


def names(words: str, *frames: str) -> bool:
    """Is there a frame that begins so?"""
    return any(frame.startswith(words) for frame in frames)


def ask(hung: Done, image: Path, timeout_s: float = 30) -> MemoryFacts:
    """Read an image of that guest's memory."""
    store = Store(cache_root())
    kernel = load(store, dict(hung.run["keys"])["kernel"])
    types = types_object(kernel, store, silent, 60)
    asked = Asked(str(image), str(kernel.vmlinux), str(types), kernel.release, (0,))
    return read_memory(asked, timeout_s)


def test_the_verdict_is_the_kernels_own(hung: Done) -> None:
    """Our NMI ends the guest with a panic, which is nobody's fault."""
    assert (hung.verdict, hung.returncode) == ("hang", 1), hung.explain()
    assert {"ending", "splats"} <= hung.checks
    assert not [one for one in hung.run["findings"] if one["verdict"] == "crash"]
    assert "not syncing" in (hung.run_dir / "nmi.log").read_text()
    assert "not syncing" not in (hung.run_dir / "console.log").read_text()


def test_lock_owner_worker_and_memory_are_named(hung: Done, seen: Autopsy) -> None:
    assert seen.notes == (), seen.notes
    wanter, keeper = task(seen, "orch_wanter"), task(seen, "orch_keeper")
    assert wanter.state == "D" and names("want_the_lock+", *wanter.stack)
    assert wanter.lock == "mutex orch_red_mutex [orch_red_lock_test]"
    assert wanter.owner == f"orch_keeper {keeper.pid}"
    assert keeper.state == "S" and names("keep_the_lock+", *keeper.stack)
    worker = next(one for one in seen.workers if one.comm == "orch_wanter")
    assert worker.current == worker.queued[0] == "orch_work_main [orch_core]"
    assert worker.queued[1:] == ("kthread_flush_work_fn",)
    assert {"kthreadd", "orch_keeper", "insmod"} <= {one.comm for one in seen.tasks}
    assert [one.node for one in seen.nodes] == [0, 1, 2, 3]
    assert all(0 < one.free_kib < one.managed_kib < 128 << 10 for one in seen.nodes)
    assert len(seen.cpus) == 4 and all(cpu.samples == 5 for cpu in seen.cpus)


def test_the_result_has_a_page_of_it(hung: Done) -> None:
    page = hung.run["autopsy"]
    assert any("orch_red_mutex [orch_red_lock_test], held by orch_keeper" in line for line in page)
    assert any(line.startswith("worker orch_wanter") for line in page)
    assert "seen from outside before it went" in hung.stdout


@pytest.mark.parametrize("command", ["judge", "autopsy"])
def test_it_is_shown_again_from_the_files(hung: Done, command: str) -> None:
    done = subprocess.run(
        [*COMMAND, command, str(hung.run_dir), "--json", "-"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == (1 if command == "judge" else 0), done.stderr
    file = hung.run_dir / ("run.json" if command == "judge" else "autopsy.json")
    told, kept = json.loads(done.stdout), json.loads(file.read_text())
    assert told == kept if command == "autopsy" else told["autopsy"] == kept["autopsy"]


def test_a_kept_image_tells_the_same(hung: Done, seen: Autopsy) -> None:
    facts = ask(hung, hung.run_dir / seen.dump)
    assert (facts.tasks, facts.workers, facts.nodes) == (seen.tasks, seen.workers, seen.nodes)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_an_image_that_is_cut_off_says_so(hung: Done, tmp_path: Path, share: float) -> None:
    whole = (hung.run_dir / "memory.kdump").read_bytes()
    image = tmp_path / "cut"
    image.write_bytes(whole[: int(share * len(whole))])
    facts = ask(hung, image)
    assert facts.notes, "nothing is said of what is missing"


def test_a_damaged_image_says_so(hung: Done, tmp_path: Path) -> None:
    whole = bytearray((hung.run_dir / "memory.kdump").read_bytes())
    middle = len(whole) // 2
    whole[middle - (1 << 20) : middle + (1 << 20)] = bytes(2 << 20)
    image = tmp_path / "damaged"
    image.write_bytes(whole)
    assert ask(hung, image).notes


@pytest.mark.parametrize("seed", [1, 2])
def test_bytes_that_changed_are_noticed_or_not_needed(
    hung: Done, seen: Autopsy, tmp_path: Path, seed: int
) -> None:
    """Pages are compressed, with a checksum each: nothing is told that is not so."""
    content = bytearray((hung.run_dir / "memory.kdump").read_bytes())
    chance = random.Random(seed)
    for _ in range(300):
        content[chance.randrange(1 << 20, len(content))] ^= 1 << chance.randrange(8)
    image = tmp_path / "changed"
    image.write_bytes(content)
    facts = ask(hung, image)
    said = ("no stack", "... not read")
    cut = {one.pid for one in facts.tasks if any(names(words, *one.stack) for words in said)}
    assert facts.notes or cut or facts.tasks == seen.tasks
    known = {one.pid: one for one in seen.tasks}
    for one in facts.tasks:
        assert one.pid in cut or agrees(one, known[one.pid]), (one, known[one.pid])


def agrees(one: TaskSeen, known: TaskSeen) -> bool:
    """Is it the same? Where names could not be read, addresses stand in their place."""
    told, names = (*one.stack, one.lock), (*known.stack, known.lock)
    same = all(_same(said, name) for said, name in zip(told, names, strict=False))
    rest = replace(one, stack=known.stack, lock=known.lock)
    return same and len(told) == len(names) and rest == known


def _same(said: str, name: str) -> bool:
    """Word by word; what follows, a module's name above all, may be missing."""
    ours, theirs = said.split(), name.split()
    alike = (one == other or one.startswith("0x") for one, other in zip(ours, theirs, strict=False))
    return bool(ours) >= bool(theirs) and len(ours) <= len(theirs) and all(alike)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"stack": ("0xffffffffa0003dc9", "schedule+0x23/0x90")}, True),
        ({"lock": "mutex 0xffffffffa022c000"}, True),
        ({"lock": "mutex 0xffffffffa022c0ff [orch]"}, True),
        ({"lock": ""}, False),
        ({"lock": "mutex other [orch]"}, False),
        ({"stack": ("other+0x1/0x20", "schedule+0x23/0x90")}, False),
        ({"stack": ("orch_wait+0x19/0x40",)}, False),
        ({"comm": "orch_x"}, False),
    ],
)
def test_what_agrees(change: dict[str, Any], same: bool) -> None:
    stack = ("orch_wait+0x19/0x40", "schedule+0x23/0x90")
    known = TaskSeen(7, "orch_w", "D", 1, stack=stack, lock="mutex 0xffffffffa022c000 [orch]")
    assert agrees(replace(known, **change), known) == same


def test_a_reader_that_takes_too_long_is_ended(hung: Done) -> None:
    facts = ask(hung, hung.run_dir / "memory.kdump", timeout_s=0.05)
    assert any("not read to its end" in note for note in facts.notes)
