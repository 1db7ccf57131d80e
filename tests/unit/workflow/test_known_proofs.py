# SPDX-License-Identifier: GPL-2.0-only
"""Proofs of known issues are looked at, not believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from orchestrator.model.document import SCHEMA_VERSION, RunDocument
from orchestrator.model.errors import UsageError
from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.report.document import to_json
from orchestrator.workflow.known import known_issues

SEEN = "0123456789ab"
LIST = """\
[[issue]]
id = "it"
{matcher}
owner = "who@example.org"
reason = "why"
expires = 2027-01-31
proof = "{proof}"
"""
BASE = RunDocument(
    schema_version=SCHEMA_VERSION,
    verdict=Verdict.FAIL,
    exit_code=1,
    started_at="2026-11-01T00:00:00+00:00",
    command=(),
    tree="upstream",
    kernel_release="7.3.4",
    config="numa",
    patches=(),
    findings=(
        Finding("splats", Verdict.FAIL, Fault.KERNEL, "WARNING in f", signature=SEEN),
        Finding("splats", Verdict.FAIL, Fault.KERNEL, "WARNING in g", signature="ba9876543210"),
    ),
    suites=(),
    stages=(),
    notes=(),
    keys=(),
    outcome=VmOutcome(Ending.POWER_OFF, 0, 3.0),
)


def listed(folder: Path, base: RunDocument | str, matcher: str, proof: str = "base") -> Any:
    text = base if isinstance(base, str) else to_json(base)
    (folder / "base").mkdir()
    (folder / "base/run.json").write_text(text)
    (folder / "known.toml").write_text(LIST.format(matcher=matcher, proof=proof))
    (issue,) = known_issues(folder / "known.toml")
    return issue


@pytest.mark.parametrize("proof", ["base", "base/run.json"])
def test_a_run_that_shows_it_is_proof(tmp_path: Path, proof: str) -> None:
    issue = listed(tmp_path, BASE, f'signature = "{SEEN}"', proof)
    assert issue.refused == ""
    assert (issue.proof.release, issue.proof.tree, issue.proof.seen) == (
        "7.3.4",
        "upstream",
        (SEEN,),
    )


def test_a_title_is_proven_by_the_signatures_it_fits(tmp_path: Path) -> None:
    issue = listed(tmp_path, BASE, 'title = "WARNING in ?"')
    assert issue.proof.seen == (SEEN, "ba9876543210")


@pytest.mark.parametrize(
    ("base", "why"),
    [
        (replace(BASE, patches=("fix.patch",)), "is a run with patches"),
        (replace(BASE, tree="/home/me/linux (0123456789ab, dirty)"), "of changed sources"),
        (replace(BASE, outcome=None), "never booted"),
        (replace(BASE, findings=BASE.findings[1:]), f"does not show {SEEN}"),
        (replace(BASE, findings=()), f"does not show {SEEN}"),
        ("no JSON", "cannot be read"),
        ("{}", "cannot be read"),
    ],
)
def test_what_proves_nothing_is_refused(tmp_path: Path, base: RunDocument | str, why: str) -> None:
    issue = listed(tmp_path, base, f'signature = "{SEEN}"')
    assert issue.proof is None
    assert why in issue.refused


def test_a_proof_that_is_not_there_is_refused(tmp_path: Path) -> None:
    issue = listed(tmp_path, BASE, f'signature = "{SEEN}"', proof="gone/run.json")
    assert issue.proof is None
    assert "cannot be read: No such file" in issue.refused


def test_no_list_is_no_issue_and_a_wrong_one_an_error(tmp_path: Path) -> None:
    assert known_issues(None) == ()
    with pytest.raises(UsageError):
        known_issues(tmp_path / "none.toml")
