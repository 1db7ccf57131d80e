# SPDX-License-Identifier: GPL-2.0-only
"""What selftests print in a guest, one short log for each way they end."""

from __future__ import annotations

NONCE = "0123456789abcdef"
TARGET = "kcmp"


def section(name: str, body: str, result: str, status: int | None = 0) -> str:
    """Of one test. body: what it printed, without "# ". result: the runner's line, "" for none.
    status: of the runner, None if nobody heard."""
    inside = "".join(f"# {line}\n" for line in body.splitlines())
    head = f"\n# orchestrate: {NONCE} begin {TARGET}:{name}\nTAP version 13\n1..1\n"
    head += f"# timeout set to 45\n# selftests: {TARGET}: {name}\n{inside}"
    line = f"{result}\n# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0\n" if result else ""
    tail = f"\n# orchestrate: {NONCE} end {TARGET}:{name} {status}\n" if status is not None else ""
    return head + line + tail


def ok(name: str, more: str = "") -> str:
    return f"ok 1 selftests: {TARGET}: {name}{more}"


def not_ok(name: str, more: str = " # exit=1") -> str:
    return f"not {ok(name, more)}"


END = f"\n# orchestrate: {NONCE} end of selftests\n"
COUNTED = """\
TAP version 13
1..3
ok 1 first
#  RUN           global.second ...
ok 2 second
ok 3 third # SKIP no such device
# Totals: pass:2 fail:0 xfail:0 xpass:0 skip:1 error:0"""
