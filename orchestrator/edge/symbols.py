# SPDX-License-Identifier: GPL-2.0-only
"""References of a kernel log → file and line, from vmlinux and .ko files.

A reference is resolved only if one function of that name fits the size the kernel printed:
otherwise the image is another build's, and its lines would mislead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.edge.addr2line import addr2line
from orchestrator.edge.elf_code import CodeImage, Function
from orchestrator.edge.source_root import module_roots, relative, tree_root
from orchestrator.model.symbols import CodeRef, ResolvedRef, SymbolTable

KERNEL = ""  # the module name of what is in vmlinux
MOST_ANSWERS = 20_000  # kept of one log


class Images:
    """vmlinux and modules, opened when they are asked for, and each answer kept.

    modules: name → .ko file, as modules_in() gives them. trees: folders that file names are
    shown relative to, besides those the images tell.
    """

    def __init__(
        self, vmlinux: Path | None, modules: Mapping[str, Path], trees: Sequence[Path] = ()
    ) -> None:
        self.paths = {_stem(name): path for name, path in modules.items()}
        if vmlinux is not None:
            self.paths[KERNEL] = vmlinux
        self._trees = tuple(f"{tree}/" for tree in trees)
        self._opened: dict[str, CodeImage | None] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._answers: dict[CodeRef, ResolvedRef] = {}

    def look_up(self, refs: Iterable[CodeRef]) -> SymbolTable:
        """Every reference with its places, or with the reason why there are none.

        Raises UsageError for an image that cannot be read, InfrastructureError if addr2line
        does not end.
        """
        refs = tuple(dict.fromkeys(refs))
        new = [ref for ref in refs if ref not in self._answers]
        if len(self._answers) + len(new) > MOST_ANSWERS:  # a log of any length is read
            self._answers.clear()
            new = list(refs)
        self._answers |= {one.ref: one for one in self._resolved(new)}
        return SymbolTable(tuple(self._answers[ref] for ref in refs), self.notes())

    def image(self, module: str) -> CodeImage | None:
        """vmlinux or a module; None if it is not there."""
        if module not in self._opened:
            path = self.paths.get(_stem(module))
            self._opened[module] = CodeImage(path) if path else None
        return self._opened[module]

    def _resolved(self, refs: Sequence[CodeRef]) -> Iterator[ResolvedRef]:
        groups: dict[tuple[str, str], list[tuple[CodeRef, Function]]] = defaultdict(list)
        for ref in refs:
            image = self.image(ref.module)
            function, problem = _choose(ref, image)
            if image is None or function is None:
                yield ResolvedRef(ref, problem=problem)
            else:
                section = function.section if image.relocatable else ""
                groups[ref.module, section].append((ref, function))
        for (module, section), members in groups.items():
            yield from self._located(module, section, members)

    def _located(
        self, module: str, section: str, members: Sequence[tuple[CodeRef, Function]]
    ) -> Iterator[ResolvedRef]:
        """One addr2line for a section of an image."""
        image = self.image(module)
        assert image is not None
        addresses = [_address(ref, function) for ref, function in members]
        answers = addr2line(image.path, section, addresses)
        for (ref, _), places in zip(members, answers, strict=True):
            if not places:
                yield ResolvedRef(ref, problem="addr2line gave no answer")
                continue
            shown = [replace(one, file=self._relative(module, one.file)) for one in places]
            # The name as printed: addr2line drops what the compiler put behind it.
            shown[-1] = replace(shown[-1], function=ref.function)
            yield ResolvedRef(ref, tuple(shown))

    def _relative(self, module: str, file: str) -> str:
        if module not in self._roots:
            kernel = self.image(KERNEL)
            roots = [tree_root(kernel)] if kernel and kernel.has_lines else []
            own = module_roots(self.paths[_stem(module)]) if module else ()
            self._roots[module] = (*self._trees, *roots, *own)
        return relative(file, self._roots[module]) if file else ""

    def notes(self) -> tuple[str, ...]:
        """What is true of all that was looked up in an image, in words."""
        bare = sorted(one.path.name for one in self._opened.values() if one and not one.has_lines)
        if not bare:
            return ()
        who = "the kernel" if KERNEL in self._opened and self._dark(KERNEL) else ", ".join(bare)
        return (f"no line numbers: {who} has no debug info; --config ...,debuginfo builds it in",)

    def _dark(self, module: str) -> bool:
        image = self._opened[module]
        return image is not None and not image.has_lines


def resolve(
    refs: Iterable[CodeRef],
    vmlinux: Path | None,
    modules: Mapping[str, Path],
    trees: Sequence[Path] = (),
) -> SymbolTable:
    """Images.look_up() for once."""
    return Images(vmlinux, modules, trees).look_up(refs)


def modules_in(folder: Path) -> dict[str, Path]:
    """Name as in a trace → .ko file, anywhere below a folder; the first of several."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.ko")):
        found.setdefault(_stem(path.stem), path)
    return found


def _stem(module: str) -> str:
    return module.replace("-", "_")  # as kbuild names the module (KBUILD_MODNAME)


def _choose(ref: CodeRef, image: CodeImage | None) -> tuple[Function | None, str]:
    """(the function meant, "") or (None, why it is not known)."""
    if image is None:
        what = f"no {ref.module}.ko" if ref.module else "no vmlinux"
        return None, f"{what} to look it up in"
    name = image.path.name
    named = list(dict.fromkeys(image.named(ref.function)))
    if not named:
        return None, f"{name} has no {ref.function}"
    fitting = [function for function in named if function.fits(ref.size)]
    exact = [function for function in fitting if function.span is not None] or fitting
    if len(exact) == 1:
        return exact[0], ""
    if exact:
        return None, f"{name} has {len(exact)} functions {ref.function} of {ref.size:#x} bytes"
    sizes = ", ".join(f"{function.span or function.size:#x}" for function in named)
    return None, f"{ref.function} has {sizes} bytes in {name}, not {ref.size:#x}: another build?"


def _address(ref: CodeRef, function: Function) -> int:
    """Of the instruction: for a return address, of the call's last byte."""
    return function.start + ref.offset - (1 if ref.call and ref.offset else 0)
