# SPDX-License-Identifier: GPL-2.0-only
"""What a night gives out: files in the formats others read, mails, webhooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email import policy
from email.message import EmailMessage

from msgspec import Struct

from orchestrator.edge import smtp, webhook
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.night_told import ToldNight
from orchestrator.model.progress import Note, Progress
from orchestrator.report.document import to_json
from orchestrator.report.night_document import night_report_json, webhook_body
from orchestrator.report.night_junit import night_junit
from orchestrator.report.night_kcidb import night_kcidb
from orchestrator.report.night_ktap import night_ktap
from orchestrator.report.night_mail import SENDER, night_mail
from orchestrator.report.night_stories import News, news

_Send = Callable[[], None]
FORMATS = ("junit", "ktap", "json", "kcidb", "mail")


class Letter(Struct, frozen=True):
    """Whom a mail names. origin: of KCIDB's data."""

    to: tuple[str, ...] = ()
    sender: str = SENDER
    origin: str = "orchestrate"


class Targets(Struct, frozen=True):
    """Where a message goes. server: of the mail. secret: b"": not signed."""

    webhook: str = ""
    secret: bytes = b""
    server: tuple[str, int] = ("localhost", smtp.PORT)
    letter: Letter = Letter()


def written(told: ToldNight, form: str, letter: Letter, progress: Progress) -> str:
    """The night in one of FORMATS. InfrastructureError if it is not as KCIDB's schema wants it."""
    match form:
        case "junit":
            return night_junit(told)
        case "ktap":
            return night_ktap(told)
        case "json":
            return night_report_json(told)
        case "kcidb":
            return _kcidb(told, letter.origin, progress)
        case "mail":
            return _text(night_mail(told, letter.to, letter.sender))
    raise ValueError(form)


def _text(message: EmailMessage) -> str:
    """As it would lie in a file: lines end in LF."""
    return message.as_bytes(policy=policy.default.clone(linesep="\n")).decode()


def _kcidb(told: ToldNight, origin: str, progress: Progress) -> str:
    data = night_kcidb(told, origin)
    try:
        # Imported here: it is an extra, and takes half a second.
        import kcidb_io
    except ImportError:
        install = "not checked against KCIDB's schema: pip install 'orchestrate[kcidb]'"
        progress(Note(install))
        return to_json(data)
    try:
        kcidb_io.schema.LATEST.validate(data)
    except Exception as error:
        raise InfrastructureError(
            f"not as KCIDB's schema has it: {str(error).splitlines()[0]}", "nothing was written"
        ) from error
    return to_json(data)


class Sent(Struct, frozen=True):
    """What came of it: names of those that took it, and why others did not."""

    news: News
    took: tuple[str, ...] = ()
    failed: tuple[InfrastructureError, ...] = ()


def notify(told: ToldNight, targets: Targets, always: bool, progress: Progress) -> Sent:
    """Tell those who want to know, if something changed, or always. One that cannot be reached
    keeps it from no other; nothing of it changes the night."""
    said = worth_telling(told)
    if not (said.changed or always):
        return Sent(said)
    took, failed = [], []
    for name, send in _ways(told, targets, progress):
        try:
            send()
            took.append(name)
        except InfrastructureError as error:
            failed.append(error)
    return Sent(said, tuple(took), tuple(failed))


def worth_telling(told: ToldNight) -> News:
    """A night that goes on is told when it has ended: who has heard of it will not listen twice."""
    if not told.judged.night.ended_at:
        return News(False, ("the night has not come to its end",))
    return news(told)


def _ways(told: ToldNight, targets: Targets, progress: Progress) -> Sequence[tuple[str, _Send]]:
    ways: list[tuple[str, _Send]] = []
    night = told.judged.night.id
    if targets.webhook:
        body = webhook_body(told).encode()
        name = webhook.shown(targets.webhook)
        ways.append(
            (name, lambda: webhook.post(targets.webhook, body, night, targets.secret, progress))
        )
    if targets.letter.to:
        message = night_mail(told, targets.letter.to, targets.letter.sender)
        ways.append((", ".join(targets.letter.to), lambda: smtp.send(message, *targets.server)))
    return ways
