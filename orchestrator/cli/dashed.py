# SPDX-License-Identifier: GPL-2.0-only
"""Commands that take another command line after `--`."""

from __future__ import annotations

import click

_KEY = "orchestrator.after_dashes"


class Dashed(click.Command):
    """What comes after the first `--` is kept apart: a word that is none of ours by mistake is
    still an error, and what the other command calls its options is its own matter."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_KEY] = None
        if "--" in args:
            at = args.index("--")
            ctx.meta[_KEY] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND [ARGS]...]"]


def after_dashes() -> tuple[str, ...]:
    """Of the command that runs; () without. UsageError if nothing, or nothing to run, follows."""
    words: tuple[str, ...] | None = click.get_current_context().meta.get(_KEY)
    if words is None:
        return ()
    if not words or not words[0].strip():
        from orchestrator.model.errors import UsageError

        raise UsageError("no command after --", "give one, as in: -- uname -r")
    return words
