# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate parse dmesg"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO

import click
import msgspec

from orchestrator.model.errors import UsageError
from orchestrator.model.evidence import Splat
from orchestrator.parse.splat_scan import BLOCK
from orchestrator.parse.splats import find_splats
from orchestrator.report.clean import clean

# Of a Splat, what a reader of the log has no use for.
_LEFT_OUT = ("lines",)


@click.command("dmesg")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, each on a line.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def command(as_json: bool, files: tuple[str, ...]) -> None:
    """Find the reports in kernel logs: what went wrong, in which function, at which line.

    FILE is a log of any length from dmesg, a console, journalctl or syslog; - is standard input.
    A finding has a kind, a title that is the same in every run, the guilty function, its first
    line, whether the kernel panicked from it (fatal), and for a follow-up the index of the finding
    it comes from (cause). The exit code is 0 whatever is found, 2 if a file cannot be read.
    """
    show = _show_json if as_json else _show_text
    for file in files:
        show(file)


def _show_json(file: str) -> None:
    """Written as it is found, so that a log full of reports needs no memory."""
    encoder = msgspec.json.Encoder()
    out = sys.stdout
    with _open(file) as stream:
        out.write(f'{{"file":{encoder.encode(_printable(file)).decode()},"findings":[')
        for number, splat in enumerate(find_splats(_blocks(stream, file))):
            fields = {key: value for key, value in asdict(splat).items() if key not in _LEFT_OUT}
            out.write("," * bool(number) + encoder.encode(fields).decode())
        out.write("]}\n")


def _show_text(file: str) -> None:
    found = follow_ups = 0
    with _open(file) as stream:
        for splat in find_splats(_blocks(stream, file)):
            found += splat.cause is None
            follow_ups += splat.cause is not None
            click.echo(_in_words(file, splat))
    more = f", {follow_ups} follow-ups" if follow_ups else ""
    click.echo(f"{clean(file)}: {found or 'no'} finding{'s' * (found != 1)}{more}")


def _in_words(file: str, splat: Splat) -> str:
    """ "log:12: KASAN: KASAN: use-after-free in f (fatal)", a follow-up indented."""
    indent = "" if splat.cause is None else "  then "
    fatal = " (fatal)" if splat.fatal and splat.cause is None else ""
    kind = "" if splat.title.startswith(splat.kind) else f"{splat.kind}: "
    return f"{clean(file)}:{splat.line}: {indent}{kind}{clean(splat.title)}{fatal}"


def _printable(file: str) -> str:
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _open(file: str) -> IO[bytes]:
    """UsageError, so exit code 2, if it is not there or cannot be read."""
    if file == "-":
        return click.get_binary_stream("stdin")
    try:
        stream: IO[bytes] = click.open_file(file, "rb")
    except OSError as error:
        raise _unreadable(file, error) from error
    return stream


def _blocks(stream: IO[bytes], file: str) -> Iterator[bytes]:
    try:
        while block := stream.read(BLOCK):
            yield block
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: str, error: OSError) -> UsageError:
    return UsageError(f"cannot read {_printable(file)}: {error.strerror or error}")
