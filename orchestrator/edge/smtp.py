# SPDX-License-Identifier: GPL-2.0-only
"""A mail to a mail server, which passes it on."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from email.message import EmailMessage

from orchestrator.model.errors import InfrastructureError, UsageError

PORT = 25
TIMEOUT_S = 30.0
_FORM = "HOST or HOST:PORT, as localhost:25 or [::1]:25"


def server(text: str) -> tuple[str, int]:
    """ "HOST[:PORT]" → (host, port). UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(PORT)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"--smtp {text!r} names no server", _FORM)
    if not host.strip() or host != host.strip() or not (port.isascii() and port.isdigit()):
        raise UsageError(f"--smtp {text!r} names no server", _FORM)
    if not 0 < int(port) < 65536:
        raise UsageError(f"--smtp {text!r}: there is no port {port}", _FORM)
    return host, int(port)


def send(message: EmailMessage, host: str, port: int, timeout_s: float = TIMEOUT_S) -> None:
    """Hand it over, through TLS if the server offers that and is not this machine.

    InfrastructureError if the server cannot be reached, or does not take it for every recipient.
    """
    where = f"mail server {host}:{port}"
    try:
        with smtplib.SMTP(host, port, timeout=timeout_s) as link:
            link.ehlo()
            if link.has_extn("starttls") and not _here(host):
                link.starttls(context=ssl.create_default_context())
                link.ehlo()
            refused = link.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except ssl.SSLError as error:
        raise InfrastructureError(f"{where}: its TLS certificate was refused") from error
    except smtplib.SMTPResponseException as error:
        raise InfrastructureError(f"{where}: {_said(error.smtp_code, error.smtp_error)}") from error
    except (OSError, smtplib.SMTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InfrastructureError(f"{where}: {why}", "see --smtp") from error
    for recipient, (code, text) in refused.items():
        raise InfrastructureError(
            f"{where} does not take mail for {recipient}: {_said(code, text)}"
        )


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"


def _here(host: str) -> bool:
    """Is it this machine, whose certificate is its own at best?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in ("localhost", "ip6-localhost")
