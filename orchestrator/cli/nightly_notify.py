# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly notify"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.nightly_out_options import FILE, out_options, told

if TYPE_CHECKING:
    from orchestrator.workflow.night_out import Sent

EPILOG = """\b
Examples:
  orchestrate nightly notify --mail-to list@example.org --smtp localhost
  orchestrate nightly notify --webhook https://example.org/hook --secret-file hook.secret
NIGHT is the beginning of a night's id; the latest by default.
\b
Exit codes: 0 sent, or nothing to send; 2 usage; 3 somebody could not be reached: the
same command sends it again. None of them says anything of the night's kernels.
docs/outputs.md describes what is sent."""


@click.command("notify", epilog=EPILOG)
@out_options
@click.option("--webhook", "hook", metavar="URL", help="POST what changed here, as JSON.")
@click.option("--secret-file", type=FILE, metavar="FILE",
              help="Sign what is posted with the secret in it (HMAC-SHA256).")  # fmt: skip
@click.option("--smtp", "server", metavar="HOST[:PORT]", help="The server that takes the mail.")
@click.option("--always", is_flag=True, help="Also if nothing changed since the night before.")
def command(
    night: str,
    matrix: str,
    history_url: str | None,
    quarantine_file: Path | None,
    to: tuple[str, ...],
    sender: str | None,
    hook: str | None,
    secret_file: Path | None,
    server: str | None,
    always: bool,
) -> int:
    """Tell a webhook or a mailing list of a night, if something changed.

    A new failure, one that is fixed, a test that became flaky or slower, a night in which
    nothing could be run, and the first night are news. What fails as it did the night
    before is none. If nothing is sent, it says why.
    """
    from orchestrator.cli import show
    from orchestrator.edge import smtp, webhook
    from orchestrator.model.errors import UsageError
    from orchestrator.report.night_mail import SENDER, address
    from orchestrator.workflow.night_out import Letter, Targets, notify

    if not (hook or to):
        raise UsageError("nobody is to be told", "give --webhook URL, or --mail-to and --smtp")
    if bool(to) != bool(server):
        raise UsageError("a mail needs --mail-to and --smtp", "as --smtp localhost")
    if secret_file and not hook:
        raise UsageError("--secret-file signs what goes to --webhook", "give both")
    if hook:
        webhook.shown(hook)
    letter = Letter(to, sender or SENDER)
    for each in (*to, letter.sender):
        address(each)
    targets = Targets(
        webhook=hook or "",
        secret=webhook.read_secret(secret_file) if secret_file else b"",
        server=smtp.server(server) if server else ("", 0),
        letter=letter,
    )
    found = told(night, history_url, matrix, quarantine_file, bool(to))
    with show.live() as progress:
        sent = notify(found, targets, always, progress)
    return _said(sent)


def _said(sent: Sent) -> int:
    from orchestrator.cli.main import say_error
    from orchestrator.report.clean import clean

    for name in sent.took:
        print(clean(f"sent to {name}: {'; '.join(sent.news.why)}"))
    for error in sent.failed:
        say_error(error)
    if not (sent.took or sent.failed):
        print(clean(f"nothing sent: {'; '.join(sent.news.why)}"))
    return 3 if sent.failed else 0
