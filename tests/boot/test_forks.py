# SPDX-License-Identifier: GPL-2.0-only
"""Runs that go on from a kept state are as good as those that boot. What is fresh in each of them:
test_guest_nodes.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import PATCHES, Boot, Done

from orchestrator.edge.store import KINDS, Store, cache_root

SUITE = ("--suite", "names")


def stage(done: Done, name: str) -> dict[str, object]:
    return next(dict(each) for each in done.run["stages"] if each["stage"] == name)


@pytest.fixture(scope="module", autouse=True)
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], set[Path]]]:
    """A cache that shares all but the states with the user's: some tests damage what they find
    there, and other runs must not meet that. Lists the states."""
    own, shared = tmp_path_factory.mktemp("cache"), Store(cache_root())
    for kind in ("locks", *KINDS):
        if kind != "states":
            (shared.root / kind).mkdir(exist_ok=True)
            (own / kind).symlink_to(shared.root / kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATE_CACHE", str(own))
        yield lambda: set(Store(own).folder("states").iterdir())


States = Callable[[], set[Path]]


@pytest.fixture(scope="module")
def forked(boot: Boot) -> Done:
    """A run that finds a state."""
    boot(*SUITE)
    return boot(*SUITE)


def test_the_second_run_does_not_boot(forked: Done) -> None:
    assert (forked.returncode, forked.verdict) == (0, "pass"), forked.explain()
    assert forked.run["outcome"]["forked"]
    assert stage(forked, "state")["cached"]


def test_its_logs_begin_where_the_kernel_did(forked: Done) -> None:
    for name in ("console.log", "dmesg.log"):
        text = (forked.run_dir / name).read_text(errors="replace")
        assert "Linux version" in text and "end of log" in text, name


def test_it_says_the_same_as_a_boot(boot: Boot, forked: Done) -> None:
    cold = boot(*SUITE, "--cold")
    assert (cold.returncode, cold.verdict) == (0, "pass"), cold.explain()
    assert not cold.run["outcome"]["forked"]
    for what in ("suites", "guest_nodes"):
        told = [{k: v for k, v in each.items() if not k.endswith("_s")} for each in cold.run[what]]
        same = [{k: v for k, v in e.items() if not k.endswith("_s")} for e in forked.run[what]]
        assert told == same, what


def test_a_state_that_was_written_to_is_made_again(
    boot: Boot, forked: Done, states: States
) -> None:
    for folder in states():
        file = folder / "ram0"
        file.chmod(0o600)
        with file.open("r+b") as stream:
            stream.seek(1 << 20)
            stream.write(b"not what the guest left here")
    done = boot(*SUITE)
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()
    assert not stage(done, "state")["cached"]


def test_devices_qemu_does_not_take_are_no_verdict(
    boot: Boot, forked: Done, states: States
) -> None:
    """The state is dropped, and another is made."""
    import json

    from orchestrator.edge import seal
    from orchestrator.edge.states import DEVICES, FACTS

    for folder in states():
        devices = folder / DEVICES
        devices.chmod(0o600)
        devices.write_bytes(devices.read_bytes()[:1000])
        facts = json.loads((folder / FACTS).read_text())
        seal.write(folder, facts.pop("files"), FACTS, facts)
    done = boot(*SUITE)
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()
    assert any("state was dropped" in note for note in done.run["notes"]), done.explain()


def test_a_machine_that_does_not_boot_is_judged_by_that(boot: Boot, states: States) -> None:
    """At once: it is not booted a second time to see the same."""
    before = states()
    done = boot(*SUITE, "--patch", str(PATCHES / "boot-panics.patch"))
    assert (done.returncode, done.verdict) == (1, "crash"), done.explain()
    assert not done.run["outcome"]["forked"]
    assert "kthreadd gives up" in (done.run_dir / "console.log").read_text(errors="replace")
    assert states() == before
