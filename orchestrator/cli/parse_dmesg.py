# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate parse dmesg"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec
from msgspec import to_builtins

from orchestrator.cli.stacks import frame_lines, frames_json, open_images, stack_options
from orchestrator.model.errors import UsageError
from orchestrator.model.evidence import Splat
from orchestrator.parse.signature import signed
from orchestrator.parse.splat_scan import BLOCK
from orchestrator.parse.splats import find_splats
from orchestrator.report.clean import clean

if TYPE_CHECKING:
    from orchestrator.edge.symbols import Images

# Of a Splat, what a reader of the log has no use for.
_LEFT_OUT = ("lines",)


@click.command("dmesg")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, each on a line.")
@stack_options
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def command(
    as_json: bool, vmlinux: Path | None, module_dir: Path | None, files: tuple[str, ...]
) -> None:
    """Find the reports in kernel logs: what went wrong, in which function, at which line.

    FILE is a log of any length from dmesg, a console, journalctl or syslog; - is standard input.
    A finding has a kind, a title that is the same in every run, the guilty function, its first
    line, whether the kernel panicked from it (fatal), a signature that joins the same crash in
    other logs, and for a follow-up the index of the finding it comes from (cause). The exit
    code is 0 whatever is found, 2 if a file cannot be read.
    """
    images = open_images(vmlinux, module_dir)
    show = _show_json if as_json else _show_text
    for file in files:
        show(file, images)
    for note in images.notes() if images else ():
        click.echo(note, err=True)


def _show_json(file: str, images: Images | None) -> None:
    """Written as it is found, so that a log full of reports needs no memory."""
    encoder = msgspec.json.Encoder()
    out = sys.stdout
    with _open(file) as stream:
        out.write(f'{{"file":{encoder.encode(_printable(file)).decode()},"findings":[')
        try:
            for number, splat in enumerate(_found(stream, file)):
                fields = _fields(splat)
                if images:
                    fields["frames"] = frames_json(splat, images)
                out.write("," * bool(number) + encoder.encode(fields).decode())
        except UsageError as error:  # the disk, half way: still a line of JSON
            out.write(f'],"error":{encoder.encode(error.message).decode()}}}\n')
            raise
        out.write("]}\n")


def _fields(splat: Splat) -> dict[str, object]:
    return {key: value for key, value in to_builtins(splat).items() if key not in _LEFT_OUT}


def _show_text(file: str, images: Images | None) -> None:
    found = follow_ups = 0
    with _open(file) as stream:
        for splat in _found(stream, file):
            found += splat.cause is None
            follow_ups += splat.cause is not None
            click.echo(_in_words(file, splat))
            for line in frame_lines(splat, images) if images else ():
                click.echo(f"    {clean(line)}")
    more = f", {follow_ups} follow-ups" if follow_ups else ""
    click.echo(f"{clean(file)}: {found or 'no'} finding{'s' * (found != 1)}{more}")


def _found(stream: IO[bytes], file: str) -> Iterator[Splat]:
    return map(signed, find_splats(_blocks(stream, file), keep_lines=True))


def _in_words(file: str, splat: Splat) -> str:
    """ "log:12: KASAN: KASAN: use-after-free in f (fatal)", a follow-up indented."""
    indent = "" if splat.cause is None else "  then "
    fatal = " (fatal)" if splat.fatal and splat.cause is None else ""
    kind = "" if splat.title.startswith(splat.kind) else f"{splat.kind}: "
    return f"{clean(file)}:{splat.line}: {indent}{kind}{clean(splat.title)}{fatal}"


def _printable(file: str) -> str:
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _open(file: str) -> AbstractContextManager[IO[bytes]]:
    """UsageError, so exit code 2, if it is not there or cannot be read."""
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def _blocks(stream: IO[bytes], file: str) -> Iterator[bytes]:
    try:
        while block := stream.read(BLOCK):
            yield block
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: str, error: OSError | ValueError) -> UsageError:
    return UsageError(
        f"cannot read {_printable(file)}: {getattr(error, 'strerror', None) or error}"
    )
