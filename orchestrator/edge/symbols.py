# SPDX-License-Identifier: GPL-2.0-only
"""References of a kernel log → file and line, from vmlinux and .ko files.

A reference is resolved only if one function of that name fits the size the kernel printed:
otherwise the image is another build's, and its lines would mislead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge.addr2line import addr2line, misreads
from orchestrator.edge.elf_code import CodeImage, Function
from orchestrator.edge.source_root import module_roots, relative, tree_root
from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable

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
            functions, problem = _meant(ref, image)
            if image is None or problem:
                yield ResolvedRef(ref, problem=problem)
            for function in functions if image else ():
                section = function.section if image and image.relocatable else ""
                groups[ref.module, section].append((ref, function))
        answers: dict[CodeRef, set[tuple[CodePlace, ...]]] = defaultdict(set)
        for (module, section), members in groups.items():
            for ref, places in self._located(module, section, members):
                answers[ref].add(places)
        for ref, given in answers.items():
            yield _agreed(ref, given)

    def _located(
        self, module: str, section: str, members: Sequence[tuple[CodeRef, Function]]
    ) -> Iterator[tuple[CodeRef, tuple[CodePlace, ...]]]:
        """One addr2line for a section of an image."""
        image = self.image(module)
        assert image is not None
        addresses = [_address(ref, function) for ref, function in members]
        answers = addr2line(image.path, section, addresses)
        for (ref, _), places in zip(members, answers, strict=True):
            shown = [replace(one, file=self._relative(module, one.file)) for one in places]
            # The name as printed: addr2line drops what the compiler put behind it.
            shown[-1:] = [replace(one, function=ref.function) for one in shown[-1:]]
            yield ref, tuple(shown)

    def _relative(self, module: str, file: str) -> str:
        if module not in self._roots:
            kernel = self.image(KERNEL)
            roots = [tree_root(kernel)] if kernel and kernel.has_lines else []
            own = module_roots(self.paths[_stem(module)]) if module else ()
            self._roots[module] = (*self._trees, *roots, *own)
        return relative(file, self._roots[module]) if file else ""

    def notes(self) -> tuple[str, ...]:
        """What is true of all that was looked up in an image, in words."""
        opened = {module: image for module, image in self._opened.items() if image}
        bare = {module: one.path.name for module, one in opened.items() if not one.has_lines}
        notes: list[str] = []
        if bare:
            who = "the kernel" if KERNEL in bare else ", ".join(sorted(bare.values()))
            notes.append(
                f"no line numbers: {who} has no debug info; --config ...,debuginfo builds it in"
            )
        odd = [
            one
            for one in opened.values()
            if misreads(one.dwarf, ".text" * one.relocatable, one.path)
        ]
        if odd:
            names = ", ".join(sorted(one.path.name for one in odd))
            notes.append(f"some file names may be wrong: this addr2line misreads DWARF 5 ({names})")
        return tuple(notes)


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


def _meant(ref: CodeRef, image: CodeImage | None) -> tuple[list[Function], str]:
    """(the functions that may be meant, "") or ([], why it is not known)."""
    if image is None:
        what = f"no {ref.module}.ko" if ref.module else "no vmlinux"
        return [], f"{what} to look it up in"
    name = image.path.name
    named = list(dict.fromkeys(image.named(ref.function)))
    if not named:
        return [], f"{name} has no {ref.function}"
    fitting = [function for function in named if function.fits(ref.size)]
    exact = [function for function in fitting if function.span is not None] or fitting
    sizes = ", ".join(f"{function.span or function.size:#x}" for function in named)
    problem = f"{ref.function} has {sizes} bytes in {name}, not {ref.size:#x}: another build?"
    return exact, "" if exact else problem


def _agreed(ref: CodeRef, given: set[tuple[CodePlace, ...]]) -> ResolvedRef:
    """The one answer; of several functions of one name and size, if they are the same code: a
    header's static function is in each object that uses it."""
    if len(given) > 1:
        return ResolvedRef(ref, problem=f"{len(given)} functions {ref.function} have this size")
    (places,) = given
    return ResolvedRef(ref, places, "" if places else "addr2line gave no answer")


def _address(ref: CodeRef, function: Function) -> int:
    """Of the instruction: for a return address, of the call's last byte."""
    return function.start + ref.offset - (1 if ref.call and ref.offset else 0)
