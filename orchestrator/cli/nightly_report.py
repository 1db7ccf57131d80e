# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly report"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.nightly_out_options import FILE, out_options, told

FORMATS = ("junit", "ktap", "json", "kcidb", "mail")
EPILOG = """\b
Examples:
  orchestrate nightly report --format junit -o junit.xml --format json -o night.json
  orchestrate nightly report --format mail
  orchestrate nightly report 4f1c --format kcidb --kcidb-origin mylab | kcidb-submit ...
NIGHT is the beginning of a night's id; the latest by default.
\b
Exit codes: 0 written, whatever the night's verdict; 2 usage; 3 it could not be.
docs/outputs.md describes each format."""


def _origin(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not text or not all(each in "abcdefghijklmnopqrstuvwxyz0123456789_" for each in text):
        raise click.BadParameter(f"{text!r}: small letters, digits and _ are what KCIDB takes")
    return text


_FORMAT = click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, required=True,
    help="May be given several times, each with its -o.",
)  # fmt: skip
_OUTPUT = click.option(
    "-o", "--output", "files", type=FILE, multiple=True, metavar="FILE",
    help="Where the format of the same place goes; standard output by default.",
)  # fmt: skip
_ORIGIN = click.option(
    "--kcidb-origin", "origin", default="orchestrate", show_default=True, callback=_origin,
    metavar="NAME", help="Of the CI system, as KCIDB knows it.",
)  # fmt: skip


@click.command("report", epilog=EPILOG)
@out_options
@_FORMAT
@_OUTPUT
@_ORIGIN
def command(
    night: str,
    matrix: str,
    history_url: str | None,
    quarantine_file: Path | None,
    to: tuple[str, ...],
    sender: str | None,
    formats: tuple[str, ...],
    files: tuple[Path, ...],
    origin: str,
) -> int:
    """Write a night in formats that others read: JUnit, KTAP, JSON, KCIDB, a mail.

    It is judged anew from the history: new failures, fixed, flaky, slower, in quarantine.
    """
    from orchestrator.cli import show
    from orchestrator.model.errors import UsageError
    from orchestrator.report.night_mail import SENDER, address
    from orchestrator.workflow.night_out import Letter, written

    outputs = files or (Path("-"),)
    if len(outputs) != len(formats):
        raise UsageError(
            f"{len(formats)} formats and {len(outputs)} files", "give each --format its own -o FILE"
        )
    if len(set(outputs)) != len(outputs):
        raise UsageError("two formats would go into one file", "give each a file of its own")
    for file in outputs:
        show.check_writable(file)
    letter = Letter(to, sender or SENDER, origin)
    for each in (*to, letter.sender):
        address(each)
    found = told(night, history_url, matrix, quarantine_file, "mail" in formats)
    with show.live() as progress:
        texts = [written(found, form, letter, progress) for form in formats]
    for file, text in zip(outputs, texts, strict=True):
        show.write_report(file, text)
    return 0
