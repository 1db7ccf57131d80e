# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate parse ktap"""

from __future__ import annotations

import re

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.evidence import Ktap, KtapCounts
from orchestrator.parse.ktap import parse_ktap
from orchestrator.parse.ktap_kernel import KernelReading, read_as_kernel
from orchestrator.parse.ktap_tree import KernelTest

_RESULT = re.compile(r"\bok [0-9]")


class KtapReport(Struct, frozen=True):
    """What one file says. The counts and the tree are the kernel's parser's; messages has a
    text for each error; doubts is what a stricter reading, by indentation, objects to.

    proven: something passed, nothing failed, and both readings found all that was announced.
    """

    file: str
    passed: int
    failed: int
    skipped: int
    crashed: int
    errors: int
    proven: bool
    messages: tuple[str, ...]
    doubts: tuple[str, ...]
    tests: tuple[KernelTest, ...]


@click.command("ktap")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, each on a line.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True,
                type=click.Path(exists=True, dir_okay=False, allow_dash=True))  # fmt: skip
def command(as_json: bool, files: tuple[str, ...]) -> None:
    """Count the test results in logs as the kernel's kunit_parser does.

    FILE may be any log: prefixes, foreign lines and several documents are fine; - is standard
    input. The exit code is 0 whatever the tests say.
    """
    for file in files:
        with click.open_file(file, encoding="utf-8", errors="replace") as stream:
            report = read_report(file, list(stream))
        if as_json:
            click.echo(msgspec.json.encode(report))
        else:
            click.echo(_in_words(report))


def read_report(file: str, lines: list[str]) -> KtapReport:
    """Both readings of a log's lines, each with its line end if it has one."""
    reading = read_as_kernel(lines)
    counts = reading.counts
    doubts = _doubts(reading, parse_ktap(lines), lines)
    bad = counts.failed or counts.crashed or counts.errors
    return KtapReport(
        file=file,
        passed=counts.passed,
        failed=counts.failed,
        skipped=counts.skipped,
        crashed=counts.crashed,
        errors=counts.errors,
        proven=bool(counts.passed) and not bad and not doubts,
        messages=reading.errors,
        doubts=doubts,
        tests=reading.tests,
    )


def _doubts(reading: KernelReading, strict: Ktap, lines: list[str]) -> tuple[str, ...]:
    doubts = list(strict.errors)
    doubts += [
        f"document of line {document.line}: no plan, so nothing tells whether it is whole"
        for document in reading.documents
        if document.planned is None
    ]
    if reading.unread:
        doubts.append(f"{reading.unread} results follow the end of a document")
    ours, theirs = (replace(counts, errors=0) for counts in (strict.counts, reading.counts))
    if ours != theirs:
        doubts.append(f"read by indentation there are {_numbers(ours)}")
    if lines and not lines[-1].endswith("\n") and _RESULT.search(lines[-1]):
        doubts.append("the last line is a result without a line end: it may be cut off")
    return tuple(doubts)


def _in_words(report: KtapReport) -> str:
    counts = KtapCounts(report.passed, report.failed, report.skipped, report.crashed, report.errors)
    notes = [f"  {note}" for note in (*report.messages, *report.doubts)]
    return "\n".join([f"{report.file}: {_numbers(counts)}, {counts.errors} errors", *notes])


def _numbers(counts: KtapCounts) -> str:
    return (
        f"{counts.passed} passed, {counts.failed} failed, "
        f"{counts.skipped} skipped, {counts.crashed} crashed"
    )
