# SPDX-License-Identifier: GPL-2.0-only
"""How a guest's kernel has its memory mapped: what it would put into VMCOREINFO, for drgn.

Facts are kernel/vmcore_info.c's and arch/*/kernel/vmcore_info.c's; our kernels have no KASLR.
"""

from __future__ import annotations

from collections.abc import Mapping

from drgn import Architecture, Platform

from orchestrator.edge.autopsy.reading import Asked

_PLATFORMS = {"x86_64": Architecture.X86_64, "arm64": Architecture.AARCH64}
# Of arm64, with ARM64_VA_BITS_48 (kernel-configs/base.config). QEMU's virt has its memory from
# 1 GiB on, and puts an Image without an offset of its own 2 MiB behind that
# (load_aarch64_image() in hw/arm/boot.c of 7.2).
_VA_BITS = 48
_ARM64_IMAGE_AT = 0x4020_0000


def platform(arch: str) -> Platform:
    return Platform(_PLATFORMS[arch])


def vmcoreinfo(asked: Asked, addresses: Mapping[str, int]) -> str:
    """addresses: of vmlinux's symbols. LookupError if one is not there that must be."""
    lines = [f"OSRELEASE={asked.release}", "PAGESIZE=4096", "KERNELOFFSET=0"]
    own = _arm64(addresses) if asked.arch == "arm64" else _x86_64(asked, addresses)
    return "".join(f"{line}\n" for line in (*lines, *own))


def _x86_64(asked: Asked, addresses: Mapping[str, int]) -> tuple[str, ...]:
    return (
        f"SYMBOL(swapper_pg_dir)={addresses['init_top_pgt']:x}",  # a macro for that
        f"NUMBER(pgtable_l5_enabled)={asked.five_levels:d}",
        "NUMBER(phys_base)=0",
    )


def _arm64(addresses: Mapping[str, int]) -> tuple[str, ...]:
    offset = (addresses["_text"] - _ARM64_IMAGE_AT) & (1 << 64) - 1
    return (
        f"SYMBOL(swapper_pg_dir)={addresses['swapper_pg_dir']:x}",
        f"NUMBER(VA_BITS)={_VA_BITS}",
        f"NUMBER(TCR_EL1_T1SZ)=0x{64 - _VA_BITS:x}",
        f"NUMBER(kimage_voffset)=0x{offset:x}",
    )
