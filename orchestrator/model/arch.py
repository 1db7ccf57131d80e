# SPDX-License-Identifier: GPL-2.0-only
"""The architectures that a guest may have: a row each, and no `if` on them elsewhere.

What differs between machines is data here; what cannot be had on one says so by an empty field.
Facts are QEMU 7.2's (hw/i386, hw/arm/virt.c) and Linux 6.1's to 7.3's.
"""

from __future__ import annotations

from msgspec import Struct

# panic=-1: reboot at once, which -no-reboot turns into the end of QEMU. rcu_expedited: a module
# loaded, an event enabled, a CPU taken away waits for RCU again and again, in ticks if not told to
# hurry: a fifth of the time of all suites. swiotlb=noforce: with memory above 4 GiB the kernel
# would take 64 MiB of one node for bounce buffers (pci_swiotlb_detect() in
# arch/x86/kernel/pci-dma.c, arch_mm_preinit() in arch/arm64/mm/init.c), which virtio's devices do
# not need.
_PANIC = "panic=-1"
_COMMON = (
    "printk.devkmsg=on",
    "random.trust_cpu=on",
    "rcupdate.rcu_expedited=1",
    "swiotlb=noforce",
)


class Arch(Struct, frozen=True):
    """One row.

    name: as --arch, fragments and run.json have it, and make's ARCH=. src: its folder in arch/ of
    the kernel; headers: others there whose files it uses. cross: make's CROSS_COMPILE=, before the
    names of compiler and binutils; "": the host's own. image: what QEMU loads, in the kernel's
    objects, and target: what makes it. elf_machine: e_machine (elf.h). debian: its name there, if a
    static busybox is to be had from there; "": the host's own will do.

    machine, cpu: of -machine, and of -cpu under TCG. virtio: how a device's name ends, as in
    "virtio-serial-pci". cmdline: of the kernel; tcg_cmdline: under TCG, besides. told_tsc: is it
    to be told its clock's frequency? qboot: has a firmware that may be replaced. dump: format of
    memory images. nmi: can QEMU give its guests one? acpi: do they learn of their parts by ACPI,
    which has HMAT and tells of what comes later? gdb: does `orchestrate gdb` know its frames
    (data/gdb)?
    """

    name: str
    src: str
    cross: str
    image: str
    target: str
    qemu: str
    qemu_package: str
    machine: str
    virtio: str
    cpu: str
    elf_machine: int
    cmdline: tuple[str, ...]
    tcg_cmdline: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    debian: str = ""
    qboot: bool = False
    told_tsc: bool = False
    dump: str = "kdump-zlib"
    nmi: bool = False
    acpi: bool = False
    gdb: bool = False


X86_64 = Arch(
    name="x86_64",
    src="x86",
    cross="",
    image="vmlinux",  # through PVH: no boot loader, no decompressor
    target="vmlinux",
    qemu="qemu-system-x86_64",
    qemu_package="qemu-system-x86",
    machine="q35,graphics=off,vmport=off",
    virtio="pci",
    elf_machine=62,
    cpu="max",
    # tsc=reliable and no_timer_check: no calibration against a clock that TCG cannot keep.
    # nr_uarts: probe one port.
    cmdline=(
        "console=ttyS0", _PANIC, "tsc=reliable", "no_timer_check", "8250.nr_uarts=1", *_COMMON,
    ),
    # Each vCPU is a package of its own and would measure loops_per_jiffy anew, 0.1 s apiece
    # (calibrate_delay_is_known() in arch/x86/kernel/tsc.c). 2.5 GHz at CONFIG_HZ=250: udelay()
    # may be off by the host's difference from that, which no driver in this guest minds.
    tcg_cmdline=("lpj=10000000",),
    qboot=True,
    told_tsc=True,
    nmi=True,
    acpi=True,
    gdb=True,
)  # fmt: skip

ARM64 = Arch(
    name="arm64",
    src="arm64",
    headers=("arm",),
    debian="arm64",
    cross="aarch64-linux-gnu-",
    image="arch/arm64/boot/Image",  # of an ELF file QEMU knows not that it is Linux
    target="Image",
    qemu="qemu-system-aarch64",
    qemu_package="qemu-system-arm",
    # GICv2 has eight CPUs at most. No firmware runs: QEMU writes the device tree, nodes included.
    machine="virt,gic-version=3",
    virtio="device",  # on virtio-mmio: there is no PCI bus to look through
    elf_machine=183,
    # Pointer authentication by QARMA is what a plain `max` spends its time with, where it is used.
    cpu="max,pauth-impdef=on",
    cmdline=("console=ttyAMA0", _PANIC, *_COMMON),
    # In a kdump QEMU has pages of 64 KiB, whatever the kernel has (target/arm/arch_dump.c).
    dump="elf",
)

ARCHES = {arch.name: arch for arch in (X86_64, ARM64)}
DEFAULT = X86_64.name


def named(name: str) -> Arch:
    """The row of that name, which is one of ARCHES."""
    return ARCHES[name]
