# SPDX-License-Identifier: GPL-2.0-only
"""What documents and `--help` tell people to type is taken by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from doc_commands import DOCUMENTS, HOME, commands, every, shown, taken


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents(path: Path) -> None:
    wrong = {command: said for command in shown(path.read_text()) if (said := taken(command))}
    assert not wrong


def test_commands_in_help() -> None:
    wrong = {}
    for _, command in every():
        for line in (command.epilog or "").splitlines():
            wrong |= {each: said for each in commands(line.strip()) if (said := taken(each))}
    assert not wrong


def test_every_command_is_shown_somewhere() -> None:
    texts = "\n".join(path.read_text() for path in DOCUMENTS)
    leaves = [name for name, command in every() if not hasattr(command, "commands")]
    assert [name for name in leaves if name not in texts] == []


def test_what_is_wrong_is_told() -> None:
    assert taken("orchestrate boot --config numa --no-such") != ""
    assert taken("orchestrate boot") != "" and taken("orchestrate boto") == "no command boto"
    assert taken("orchestrate boot --config numa") == ""
    found = list(shown("    cd x && orchestrate a b   # c\n    git show | orchestrate d -\n"))
    assert found == ["orchestrate a b", "orchestrate d -"]
    assert list(shown("orchestrate in prose\n```\norchestrate e > f\n```\n")) == ["orchestrate e"]
    assert (HOME / "README.md") in DOCUMENTS
