# SPDX-License-Identifier: GPL-2.0-only
"""gcc and binutils, or clang and LLVM, by the value of make's LLVM variable.

As kbuild names them (Documentation/kbuild/llvm.rst): "" is gcc; "1" is clang, ld.lld and so on
as PATH has them; "-19" puts that behind each name, "/path/bin/" before it.
"""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.arch import X86_64, Arch

# binutils' and gcc's name → LLVM's.
_LLVM = {
    "gcc": "clang",
    "ld": "ld.lld",
    "ar": "llvm-ar",
    "nm": "llvm-nm",
    "objcopy": "llvm-objcopy",
    "objdump": "llvm-objdump",
    "readelf": "llvm-readelf",
    "strip": "llvm-strip",
    "gcov": "llvm-cov",
    "addr2line": "llvm-addr2line",
}
# What a kernel's build calls of LLVM (the top Makefile), and the Debian packages that bring it.
PACKAGES = {
    "gcc": "clang",
    "ld": "lld",
    "ar": "llvm",
    "nm": "llvm",
    "objcopy": "llvm",
    "objdump": "llvm",
    "readelf": "llvm",
    "strip": "llvm",
}


def tool(name: str, llvm: str) -> str:
    """The program that is this one of gcc's and binutils' in the toolchain."""
    return around(_LLVM[name], llvm) if llvm else name


def around(name: str, llvm: str) -> str:
    """A name of LLVM's with its prefix or suffix."""
    if llvm.endswith("/"):
        return llvm + name
    return name + (llvm if llvm.startswith("-") else "")


def package(name: str, llvm: str) -> str:
    """The Debian package with this tool of the toolchain, such as "clang-19"."""
    return PACKAGES[name] + (llvm if llvm.startswith("-") else "")


class Toolchain(Struct, frozen=True):
    """What builds for an architecture: gcc and binutils, the host's own or a cross compiler's, or
    LLVM, which needs no other for another architecture."""

    arch: Arch = X86_64
    llvm: str = ""

    def tool(self, name: str) -> str:
        """The program that is this one of gcc's and binutils'."""
        return tool(name, self.llvm) if self.llvm else f"{self.arch.cross}{name}"

    @property
    def named(self) -> dict[str, str]:
        """make variables that say what compiles and links, as edge.fingerprint takes them."""
        if self.llvm:
            return {"ARCH": self.arch.name, "LLVM": self.llvm}
        cross = {"CROSS_COMPILE": self.arch.cross} if self.arch.cross else {}
        return {"ARCH": self.arch.name, "CC": self.tool("gcc"), **cross}

    @property
    def make_variables(self) -> tuple[str, ...]:
        """The same for make, which gets CC= besides: it may go through ccache."""
        return tuple(f"{name}={value}" for name, value in self.named.items() if name != "CC")


GCC = Toolchain()  # of the host, for guests like it
