# SPDX-License-Identifier: GPL-2.0-only
"""Command lines that our documents and `--help` show, and how the command line takes them."""

from __future__ import annotations

import contextlib
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from orchestrator.cli.main import cli

HOME = Path(__file__).parents[2]
DOCUMENTS = (*HOME.glob("*.md"), *HOME.glob("docs/*.md"))
_START = re.compile(r"(?:^|[|&;(] *|= *|\$ )(?=orchestrate )")
_ENDS = ("|", "||", "&", "&&", ";", ">", ">>", "2>", "<", "(", ")")


def shown(text: str) -> Iterator[str]:
    """Commands in the code blocks of a Markdown text, without what the shell takes."""
    fenced = False
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield from commands(line.strip())


def commands(line: str) -> Iterator[str]:
    """Those of one line."""
    for match in _START.finditer(line):
        lexer = shlex.shlex(line[match.end() :], posix=True, punctuation_chars="|&;<>()")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words = itertools.takewhile(lambda word: word not in _ENDS, _words(lexer))
        yield shlex.join(words)


def _words(lexer: shlex.shlex) -> Iterator[str]:
    """Until a quote that does not end: a line of prose."""
    with contextlib.suppress(ValueError):
        yield from lexer


def taken(command: str) -> str:
    """ "" if the command line takes it, else what it says. Nothing is run.

    "[--option N]" stands for "--option 1". The user's files need not be there.
    """
    words = [
        "1" if bare == "N" else bare for word in shlex.split(command)[1:] if (bare := _bare(word))
    ]
    context, found = click.Context(cli, info_name="orchestrate"), cli
    try:
        while isinstance(found, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            inner = found.get_command(context, name)
            if inner is None:
                return f"no command {name}"
            context = click.Context(inner, parent=context, info_name=name)
            found = inner
        found.make_context(found.name, words, parent=context.parent)
    except click.exceptions.Exit:
        return ""
    except click.ClickException as error:
        said = error.format_message()
        return "" if "does not exist" in said else said
    return ""


def every(
    group: click.Command = cli, name: str = "orchestrate"
) -> Iterator[tuple[str, click.Command]]:
    """All commands, with their names."""
    yield name, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for each in group.list_commands(context):
            inner = group.get_command(context, each)
            assert inner is not None
            yield from every(inner, f"{name} {each}")


def _bare(word: str) -> str:
    """ "[--option" and "N]" without brackets; "[NIGHT]" and "..." are left out."""
    if word == "..." or (word.startswith("[") and word.endswith("]")):
        return ""
    return word.removeprefix("[") if word.startswith("[-") else word.removesuffix("]")
