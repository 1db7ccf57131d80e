# SPDX-License-Identifier: GPL-2.0-only
"""What workers offer and jobs ask for, and what must be the same on both sides."""

from __future__ import annotations

from orchestrator.model.cluster import Offer, Passport, boot_asks, build_asks, fits, in_words


def test_a_boot_takes_a_slot_and_its_memory() -> None:
    offer = Offer(slots=2, mem_mib=4000, kvm=False, builds=False).resources()
    assert fits(boot_asks(4000, kvm=False), offer)
    assert not fits(boot_asks(4001, kvm=False), offer)
    assert not fits(boot_asks(1000, kvm=True), offer)
    assert not fits(build_asks(), offer)
    assert fits(boot_asks(1, kvm=True), Offer(3, 100, kvm=True).resources())
    assert fits(build_asks(), Offer(1, 1, kvm=False).resources())


def test_dask_is_told_numbers_of_our_names_alone() -> None:
    assert Offer(2, 4000, kvm=True).resources() == {
        "orch-slots": 2,
        "orch-mem": 4000,
        "orch-kvm": 2,
        "orch-build": 1,
    }


def test_asked_in_words() -> None:
    assert in_words(boot_asks(4396, kvm=True)) == "4396 MiB and KVM"
    assert in_words(build_asks()) == "room for a build"
    assert in_words({}) == "a slot"


def test_what_differs_is_told_in_one_line() -> None:
    ours = Passport((("orchestrate", "1"), ("QEMU", "10"), ("Python", "3.11")))
    theirs = Passport((("orchestrate", "2"), ("QEMU", "10"), ("Dask", "9")))
    assert ours.differences(ours) == ""
    assert theirs.differences(ours) == (
        "orchestrate 2, not 1; Dask 9, not unknown; Python unknown, not 3.11"
    )
