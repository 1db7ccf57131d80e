# SPDX-License-Identifier: GPL-2.0-only
"""Lists of known issues: what is read, and what is refused with its line."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from orchestrator.config.known_issues import load_known_issues, parse_known_issues
from orchestrator.model.errors import UsageError

LIST = Path("lists/known.toml")
GOOD = """\
# ours
[[issue]]
id = "bind"
signature = "0123456789ab"
owner = "who@example.org"
reason = "fix queued"
expires = 2027-01-31
proof = "base/run.json"

[[issue]]
id = "warn"
title = "WARNING in kthread_*"
owner = "who@example.org"
reason = "old"
expires = 2027-01-31
proof = "/elsewhere"
"""


def test_a_list_is_read() -> None:
    first, second = parse_known_issues(LIST, GOOD)
    assert (first.issue.id, first.issue.signature, first.issue.title) == (
        "bind",
        "0123456789ab",
        "",
    )
    assert first.issue.expires == datetime.date(2027, 1, 31)
    assert first.proof == Path("lists/base/run.json"), "beside the list"
    assert second.issue.title == "WARNING in kthread_*"
    assert second.proof == Path("/elsewhere")
    assert first.issue.proof is None, "nothing is proven by reading"
    assert parse_known_issues(LIST, "") == ()


# What of the good list is replaced, by what → what is said
WRONG = [
    ('id = "bind"\n', "", "2: no id"),
    ('owner = "who@example.org"\nreason = "fix', 'reason = "fix', "2: no owner"),
    ('reason = "fix queued"\n', "", "2: no reason"),
    ('expires = 2027-01-31\nproof = "base', 'proof = "base', "2: no expires"),
    ('proof = "base/run.json"\n', "", "2: no proof"),
    ('proof = "base/run.json"', 'proof = " "', "2: proof is not a text"),
    ('owner = "who@example.org"', "owner = 7", "2: owner is not a text"),
    ("expires = 2027-01-31", 'expires = "2027-01-31"', "2: expires is no date"),
    ("expires = 2027-01-31", "expires = 2027-01-31T00:00:00", "2: expires is no date"),
    ('signature = "0123456789ab"\n', "", "2: needs a signature or a title"),
    ('signature = "0123456789ab"', 'signature = "0123456789ab"\ntitle = "both"', "and not both"),
    ('signature = "0123456789ab"', 'signature = "0123"', "2: '0123' is no signature"),
    ('id = "warn"', 'id = "bind"', "10: a second issue 'bind'"),
    ('id = "warn"', 'id = "warn"\nseverity = "low"', "10: unknown key 'severity'"),
    ('title = "WARNING in kthread_*"', 'title = "*"', "10: the title '*' fits anything"),
    ('title = "WARNING in kthread_*"', 'title = "?* [a-z]*"', "10: the title"),
    ("[[issue]]", "[issue]", "issue"),
    ("# ours", "version = 1", "1: only [[issue]] tables"),
    ("# ours", "[[issue", "known issues are TOML"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UsageError) as caught:
        parse_known_issues(LIST, GOOD.replace(old, new, 1))
    assert said in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.message.startswith(f"{LIST}:")


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the known issues"):
        load_known_issues(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot read the known issues"):
        load_known_issues(tmp_path / "bytes.toml")
