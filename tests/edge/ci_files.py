# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of docs/ci have in common: command lines found in them, and read by the CLI."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML

from orchestrator.cli.main import cli

FOLDER = Path(__file__).parents[2] / "docs" / "ci"
NAMES = (
    "github-actions.yml", "gitlab-ci.yml", "orchestrate-nightly.service",
    "orchestrate-nightly.timer", "crontab",
)  # fmt: skip
_CALL = re.compile(r"(?:^|(?<=[\s=-]))[~\w./-]*(?:/bootstrap|(?<![\w/.])orchestrate) (.*)")
_BETWEEN = {";", "||", "&&", "|", ">", ">>", "2>&1", "}", "fi", "`", ">&2"}
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def yaml(name: str) -> Any:
    """A file of the folder, parsed."""
    return YAML(typ="safe", pure=True).load((FOLDER / name).read_text())


def commands(text: str) -> list[list[str]]:
    """The words after each `bootstrap` or `orchestrate` that begins a command of a text."""
    joined = re.sub(r"\\\n\s*", "", text)
    found = []
    for line in joined.splitlines():
        if line.lstrip().startswith("#"):
            continue
        for part in re.split(r"&&|\|\||;|\|", line):
            match = _CALL.search(part)
            if match:
                found.append(_words(match[1]))
    return found


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(_EXPRESSION.sub("X", text), posix=True, punctuation_chars="<>()&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for word in lexer:
        if word in _BETWEEN or word.startswith((">", "2>")):
            break
        words.append(word)
    return words


def parse(words: list[str]) -> None:
    """As the CLI reads them. Raises click.ClickException for what it would refuse."""
    if words == ["--setup"]:  # bootstrap's own
        return
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group):
        if not rest:
            raise click.UsageError("a command is missing")
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name)
        if found is None:
            raise click.UsageError(f"no command {name!r}")
        command = found
    command.make_context("orchestrate", rest)
