# SPDX-License-Identifier: GPL-2.0-only
"""What objects cost, summed up for the option that brings them."""

from __future__ import annotations

import pytest
from kconfig_attribution import (
    Measures,
    Size,
    asked_in,
    by_object,
    command_in,
    cost,
    initcalls,
    initcalls_of,
    medians,
)
from kconfig_configs import Kind, Without

OBJECTS = [f"o{number}.o" for number in range(10)]
MEASURES = Measures(
    sizes={path: Size(100, 10) for path in OBJECTS},
    seconds={"o0.o": 1.5, "o1.o": 0.25},
    boot_ms={"o1.o": 3.0, "o2.o": 99.0},
    asks={
        "o0.o": frozenset({"PCI"}),
        "o2.o": frozenset({"PCI", "SMP"}),
        "o3.o": frozenset({"PCI_MSI"}),
        **{path: frozenset({"SMP"}) for path in OBJECTS[4:]},
    },
)


def without(name: str, *gone: str, kind: Kind = Kind.OFF, flags: bool = False) -> Without:
    return Without(f"CONFIG_{name}", kind, (f"CONFIG_{name}",), gone=gone, flags=flags)


def test_a_cost_is_the_sum_over_the_objects_that_go() -> None:
    found = cost(without("PCI", "o0.o", "o1.o"), MEASURES)
    assert (found.seconds, found.size, found.boot_ms) == (1.75, Size(200, 20), 3.0)
    assert found.otherwise == 1  # o2: o0 goes, and PCI_MSI is another option
    assert not found.everywhere


def test_everywhere_is_nearly_all_objects_or_the_flags() -> None:
    some = Measures(MEASURES.sizes, {}, {}, {**MEASURES.asks, "o2.o": frozenset()})
    assert not cost(without("SMP"), some).everywhere  # 6 of 9
    most = {path: frozenset({"SMP"}) for path in OBJECTS[1:]} | {"o0.o": frozenset({"PCI"})}
    assert cost(without("SMP"), Measures(MEASURES.sizes, {}, {}, most)).everywhere  # 9 of 10
    assert cost(without("PCI", flags=True), some).everywhere


@pytest.mark.parametrize("kind", [Kind.STAYS, Kind.ABSENT])
def test_what_cannot_be_turned_off_changes_nothing(kind: Kind) -> None:
    found = cost(without("SMP", kind=kind), MEASURES)
    assert (found.otherwise, found.everywhere) == (0, False)


def test_an_object_that_nobody_compiled_is_no_free_one() -> None:
    with pytest.raises(KeyError):
        cost(without("PCI", "o5.o"), MEASURES)


def test_initcalls_of_a_log() -> None:
    log = (
        "7,1,2,-;calling  acpi_init+0x0/0x450 @ 1\n"
        "7,2,3,-;initcall acpi_init+0x0/0x450 returned 0 after 1250 usecs\n"
        "[    0.5][    T1] initcall kvm_setup+0x0/0x9 returned -19 after 500 usecs\n"
        "7,5,6,-;initcall orch_init+0x0/0x9 [orch_core] returned 0 after 77 usecs\n"
        "7,4,5,-;initcall torn+0x0/0x"
    )
    assert initcalls(log) == {"acpi_init": 1.25, "kvm_setup": 0.5}  # not a module's


def test_medians_are_of_what_every_boot_has() -> None:
    boots = [{"a": 1.0, "b": 9.0}, {"a": 5.0}, {"a": 2.0, "b": 1.0}]
    assert medians(boots) == {"a": 2.0}
    assert medians([]) == {}


def test_initcalls_are_known_by_an_object_s_symbols() -> None:
    symbols = [
        "__initcall__kmod_kthread__736_956_kthreads_initearly",
        "__initcall__kmod_virtio_pci__1_2_virtio_pci_driver_init6",
        "__initcall__kmod_x__1_2_resume_late7s",
        "__initcall__kmod_initramfs__495_798_populate_rootfsrootfs",
        "kthreads_init",
    ]
    assert initcalls_of(symbols) == {
        "kthreads_init",
        "virtio_pci_driver_init",
        "resume_late",
        "populate_rootfs",
    }


def test_a_name_that_two_objects_have_is_nobody_s() -> None:
    owners = {"a.o": frozenset({"init", "a1", "a2"}), "b.o": frozenset({"init"})}
    took = {"a1": 1.0, "a2": 2.0, "init": 4.0, "unknown": 8.0}
    assert by_object(took, owners) == ({"a.o": 3.0}, {"init": 4.0, "unknown": 8.0})


SAVED = """\
savedcmd_lib/a.o := gcc -DX='":="' -c -o lib/a.o ../lib/a.c ; ./objtool lib/a.o

source_lib/a.o := ../lib/a.c

deps_lib/a.o := \\
    $(wildcard include/config/SMP) \\
    $(wildcard include/config/64BIT) \\
  ../include/linux/smp.h \\
"""


def test_a_saved_command_and_what_it_asks() -> None:
    assert command_in(SAVED).startswith("gcc -DX='\":=\"'") and command_in(SAVED).endswith("a.o")
    assert asked_in(SAVED) == {"SMP", "64BIT"}


@pytest.mark.parametrize("text", ["", "\nsavedcmd_a := b", "deps_a := b"])
def test_no_saved_command(text: str) -> None:
    with pytest.raises(ValueError, match="no saved command"):
        command_in(text)
