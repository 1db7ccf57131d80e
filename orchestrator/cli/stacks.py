# SPDX-License-Identifier: GPL-2.0-only
"""Stacks of findings in a log: --vmlinux and --module-dir, and what is shown with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.model.evidence import Splat
from orchestrator.parse.frames import annotated, code_refs, stack_frames
from orchestrator.parse.prefix import strip_prefix

if TYPE_CHECKING:
    from orchestrator.edge.symbols import Images

_F = TypeVar("_F", bound=Callable[..., Any])


def stack_options(function: _F) -> _F:
    """--vmlinux, --module-dir: where file and line of stack frames come from."""
    folder = click.Path(path_type=Path, file_okay=False, exists=True)
    file = click.Path(path_type=Path, dir_okay=False, exists=True)
    modules = click.option("--module-dir", type=folder, metavar="DIR",
                           help="The same for modules: .ko files anywhere below DIR.")  # fmt: skip
    vmlinux = click.option("--vmlinux", type=file, metavar="FILE",
                           help="Show stacks, with file and line from this kernel.")  # fmt: skip
    return vmlinux(modules(function))


def open_images(vmlinux: Path | None, module_dir: Path | None) -> Images | None:
    """What to look stacks up in; None if neither is given. UsageError if vmlinux is none."""
    if vmlinux is None and module_dir is None:
        return None
    from orchestrator.edge.symbols import KERNEL, Images, modules_in

    images = Images(vmlinux, modules_in(module_dir) if module_dir else {})
    images.image(KERNEL)
    return images


def frames_json(splat: Splat, images: Images) -> list[dict[str, Any]]:
    """Every frame in the report with what is known of it (parse.frames.StackFrame)."""
    import msgspec

    table = images.look_up(code_refs(splat.lines))
    frames: list[dict[str, Any]] = msgspec.to_builtins(stack_frames(splat.lines, table))
    return frames


def frame_lines(splat: Splat, images: Images) -> Iterator[str]:
    """The lines of the report that name code, with file and line or the reason against it."""
    table = images.look_up(code_refs(splat.lines))
    for line in splat.lines:
        answers = [table.find(ref) for ref in code_refs([line])]
        problems = [answer.problem for answer in answers if answer and answer.problem]
        if answers:
            shown = strip_prefix(annotated(line, table)).strip()
            yield f"{shown}  [{'; '.join(problems)}]" if problems else shown
