# SPDX-License-Identifier: GPL-2.0-only
"""The quarantine's file: entries with their lines, and every slip of the pen with its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.matrix import parse_matrix
from orchestrator.config.quarantine import load_quarantine, parse_quarantine
from orchestrator.model.errors import UsageError
from orchestrator.model.standing import Quarantine

FILE = Path("quarantine.toml")
GOOD = """\
# flaky since the new host
[[quarantine]]
tests = "orch_stop.*"
owner = "who@example.org"
reason = "times out"
until = 2027-01-31

[[quarantine]]
tests = "*"
cells = "mine/*"
owner = "me"
reason = "broken"
until = 2027-02-01
"""


def test_entries_with_the_line_they_begin_at() -> None:
    assert parse_quarantine(FILE, GOOD) == (
        Quarantine("orch_stop.*", "*", "who@example.org", "times out", "2027-01-31", 2),
        Quarantine("*", "mine/*", "me", "broken", "2027-02-01", 8),
    )
    assert parse_quarantine(FILE, "") == ()
    assert load_quarantine(None) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('owner = "me"', "", "8: no owner"),
        ('reason = "broken"', "", "8: no reason"),
        ("until = 2027-02-01", "", "8: no until"),
        ('tests = "orch_stop.*"', "", "2: no tests"),
        ("until = 2027-02-01", 'until = "2027-02-01"', "13: until is no date"),
        ("until = 2027-02-01", "until = 2027-02-01T10:00:00", "13: until is no date"),
        ('owner = "me"', 'owner = " "', "11: owner is not a text"),
        ('owner = "me"', "owner = 3", "11: owner is not a text"),
        ('cells = "mine/*"', 'cell = "mine/*"', "10: unknown key 'cell'"),
        ('cells = "mine/*"', 'cells = "*/*"', "8: this means every test of every cell"),
        ("# flaky", "tests = 1 # flaky", "1: unknown key 'tests'"),
        ('[[quarantine]]\ntests = "*"', '[quarantine]\ntests = "*"', "8: "),
        ("until = 2027-02-01", "until = 2027-02-31", "13: "),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_line(old: str, new: str, said: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(UsageError) as refused:
        parse_quarantine(FILE, text)
    assert f"quarantine.toml:{said}" in refused.value.message


def test_a_single_table_is_no_list() -> None:
    with pytest.raises(UsageError, match=r"1: quarantine is not a \[\[quarantine\]\] table"):
        parse_quarantine(FILE, '[quarantine]\ntests = "x"\n')


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the quarantine"):
        load_quarantine(tmp_path / "none.toml")


def test_a_matrix_may_name_one(tmp_path: Path) -> None:
    text = 'trees = ["default"]\nconfigs = ["numa"]\ntopologies = ["numa2"]\n[settings]\n'
    text += 'quarantine = "q.toml"\n'
    file = tmp_path / "night.toml"
    with pytest.raises(UsageError, match=r"night\.toml:5: cannot read the quarantine"):
        parse_matrix(file, text)
    (tmp_path / "q.toml").write_text("[[quarantine]]\n")
    with pytest.raises(UsageError, match=r"night\.toml:5: .*q\.toml:1: no tests"):
        parse_matrix(file, text)
    (tmp_path / "q.toml").write_text(GOOD)
    assert parse_matrix(file, text).settings.quarantine == tmp_path / "q.toml"
