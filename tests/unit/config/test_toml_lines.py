# SPDX-License-Identifier: GPL-2.0-only
"""Lines of a TOML file, however its tables are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.toml_lines import Lines, parse
from orchestrator.model.errors import UsageError

TEXT = """\
name = "x"
list = [
  "a",
  "b",
]
inline = [{ tree = "x" }]
[trees] # where they are
"my tree" = "default"
plain = 'x'
[[exclude]]
tree = "x"
[[ exclude ]]
patch = "y"
[tiers]
small = { tree = "x" }
[tiers."very quick"]
topology = "z"
"""


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (("", 0, "name"), 1),
        (("", 0, "list"), 2),
        (("", 0, "list", "b"), 4),
        (("", 0, "list", "no such value"), 2),
        (("", 0, "tree"), 1),  # it stands in tables alone
        (("trees", 0, "my tree"), 8),
        (("trees", 0, "plain"), 9),
        (("trees", 0, "no such key"), 7),
        (("exclude", 0, "tree"), 11),
        (("exclude", 1), 12),
        (("exclude", 1, "patch"), 13),
        (("inline", 0, "tree"), 6),
        (("tiers.small",), 15),
        (("tiers.very quick", 0, "topology"), 17),
        (("no such table", 0, "key"), 1),
    ],
)
def test_where_it_stands(asked: tuple[str, int, str, str], line: int) -> None:
    assert Lines(Path("f.toml"), TEXT).of(*asked) == line


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("a = 1\nb = [", 2)]
)
def test_what_is_no_toml(text: str, line: int) -> None:
    with pytest.raises(UsageError) as wrong:
        parse(Path("f.toml"), text, "matrices")
    assert wrong.value.message.startswith(f"f.toml:{line}: ")
    assert wrong.value.hint == "matrices are TOML"
