# SPDX-License-Identifier: GPL-2.0-only
"""What documents and `--help` tell people to type is taken by the command line, and is run by the
tests of the boot tier, or named with a reason in doc_lines.toml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doc_commands import DOCUMENTS, HOME, commands, every, shown, taken
from doc_lines import Known, Line, all_lines, distinct, known, lines_of, read_table


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


def test_every_entry_of_the_table_is_about_a_line() -> None:
    shown_lines = {key for line in all_lines() for key in (line.text, line.name)}
    assert [key for key in read_table() if key not in shown_lines] == []


def test_every_command_is_a_line_that_is_run_or_named() -> None:
    """None gets lost between the two ways to read the documents."""
    texts = "\n".join(line.text for line in all_lines())
    found = [*commands(texts.replace("\n", " ; "))]
    said = re.compile(r"^```text\n.*?^```\n", re.DOTALL | re.MULTILINE)  # by a program
    pages = [said.sub("", path.read_text()) for path in DOCUMENTS]
    assert [each for page in pages for each in shown(page) if each not in found] == []


def test_most_are_run() -> None:
    """Not that the table becomes a place where commands rest."""
    table = read_table()
    about = [known(line, table) for line in distinct(all_lines(), table) if ours(line)]
    run = [each for each in about if not each.named]
    assert len(run) >= 0.9 * len(about)
    assert all(len(each.named) > 20 for each in about if each.named)


def ours(line: Line) -> bool:
    """Is it about the product, rather than about its own tests?"""
    return line.page != "CONTRIBUTING.md"


def test_lines_that_are_typed() -> None:
    text = (
        "    cd ~/x\n    orchestrate a \\\n        b   # c\n    A='b c' git push  # d\n"
        "    not a command\n```c\norchestrate e\n```\n```\n$ orchestrate f | wc\n```\n"
    )
    assert list(lines_of("p", text)) == [
        Line("p", "cd ~/x"),
        Line("p", "orchestrate a b", ("cd ~/x",)),
        Line("p", "A='b c' git push", ("cd ~/x",)),
        Line("p", "orchestrate f | wc", ("cd ~/x",)),
    ]
    one, other = Line("p", "orchestrate a"), Line("q", "orchestrate a")
    assert distinct([one, other], {}) == [one]
    table = {other.name: Known(exit=1)}
    assert distinct([one, other], table) == [one, other]
    assert (known(one, table).exit, known(other, table).exit) == (0, 1)


def test_commands_named_in_the_text() -> None:
    """They are names, and may leave out what a command cannot do without."""
    wrong = {}
    for path in DOCUMENTS:
        prose = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        for span in re.findall(r"`(orchestrate [^`]+)`", prose):
            said = taken(" ".join(span.split()))
            if said and not said.startswith(("Missing ", "Usage: ")):
                wrong[span] = said
    assert wrong == {}
