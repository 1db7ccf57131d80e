# SPDX-License-Identifier: GPL-2.0-only
"""References of a kernel log → file and line, from vmlinux and .ko files.

A reference is resolved only if one function of that name fits the size the kernel printed:
otherwise the image is another build's, and its lines would mislead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.edge.addr2line import addr2line
from orchestrator.edge.elf_code import CodeImage, Function
from orchestrator.edge.source_root import module_roots, relative, tree_root
from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable

KERNEL = ""  # the module name of what is in vmlinux


@dataclass
class _Images:
    """The images opened so far; None for one that is not there."""

    vmlinux: Path | None
    modules: Mapping[str, Path]
    roots: tuple[str, ...]  # of the sources, as far as the caller knows them
    opened: dict[str, CodeImage | None] = field(default_factory=dict)

    def get(self, module: str) -> CodeImage | None:
        if module not in self.opened:
            path = self.vmlinux if module == KERNEL else self.modules.get(_stem(module))
            self.opened[module] = CodeImage(path) if path else None
        return self.opened[module]


def resolve(
    refs: Iterable[CodeRef],
    vmlinux: Path | None,
    modules: Mapping[str, Path],
    trees: Sequence[Path] = (),
) -> SymbolTable:
    """Every reference with its places, or with the reason why there are none.

    modules: name → .ko file, as modules_in() gives them. trees: folders that file names are
    shown relative to, besides those the images tell. Raises UsageError for an image that
    cannot be read, InfrastructureError if addr2line fails.
    """
    files = {_stem(name): path for name, path in modules.items()}
    images = _Images(vmlinux, files, tuple(f"{tree}/" for tree in trees))
    chosen: dict[CodeRef, Function] = {}
    problems: dict[CodeRef, str] = {}
    refs = tuple(dict.fromkeys(refs))
    for ref in refs:
        function, problem = _choose(ref, images.get(ref.module))
        if function is None:
            problems[ref] = problem
        else:
            chosen[ref] = function
    places = _look_up(chosen, images)
    return SymbolTable(
        tuple(_resolved(ref, places.get(ref, ()), problems.get(ref, "")) for ref in refs),
        tuple(_notes(images)),
    )


def modules_in(folder: Path) -> dict[str, Path]:
    """Name as in a trace → .ko file, anywhere below a folder; the first of several."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.ko")):
        found.setdefault(_stem(path.stem), path)
    return found


def _stem(module: str) -> str:
    return module.replace("-", "_")  # as kbuild names the module (KBUILD_MODNAME)


def _resolved(ref: CodeRef, places: tuple[CodePlace, ...], problem: str) -> ResolvedRef:
    if not places and not problem:
        problem = "addr2line gave no answer"
    return ResolvedRef(ref, places, problem)


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


def _look_up(
    chosen: Mapping[CodeRef, Function], images: _Images
) -> dict[CodeRef, tuple[CodePlace, ...]]:
    """One addr2line for each section of each image."""
    groups: dict[tuple[str, str], list[CodeRef]] = defaultdict(list)
    for ref, function in chosen.items():
        image = images.opened[ref.module]
        assert image is not None
        groups[ref.module, function.section if image.relocatable else ""].append(ref)
    found: dict[CodeRef, tuple[CodePlace, ...]] = {}
    for (module, section), refs in groups.items():
        image = images.opened[module]
        assert image is not None
        addresses = [_address(ref, chosen[ref]) for ref in refs]
        answers = addr2line(image.path, section, addresses)
        for ref, places in zip(refs, _relative(image, module, answers, images), strict=True):
            # The name as printed: addr2line drops what the compiler put behind it.
            found[ref] = (
                (*places[:-1], replace(places[-1], function=ref.function)) if places else ()
            )
    return found


def _address(ref: CodeRef, function: Function) -> int:
    """Of the instruction: for a return address, of the call's last byte."""
    return function.start + ref.offset - (1 if ref.call and ref.offset else 0)


def _relative(
    image: CodeImage, module: str, answers: Sequence[tuple[CodePlace, ...]], images: _Images
) -> list[tuple[CodePlace, ...]]:
    if not image.has_lines:
        return list(answers)
    kernel = images.get(KERNEL)
    roots = [*images.roots, *([tree_root(kernel)] if kernel and kernel.has_lines else ())]
    if module != KERNEL:
        roots += module_roots(image.path)
    return [
        tuple(replace(place, file=relative(place.file, roots)) for place in places)
        for places in answers
    ]


def _notes(images: _Images) -> Iterator[str]:
    bare = sorted(one.path.name for one in images.opened.values() if one and not one.has_lines)
    if bare:
        who = "the kernel" if "vmlinux" in bare else ", ".join(bare)
        yield f"no line numbers: {who} has no debug info; --config ...,debuginfo builds it in"
