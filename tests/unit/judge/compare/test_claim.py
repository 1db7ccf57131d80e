# SPDX-License-Identifier: GPL-2.0-only
"""What a patch says of itself."""

from __future__ import annotations

import pytest

from orchestrator.judge.compare.claim import claimed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tidy up.\n\nNo functional change intended.\n", "No functional change intended"),
        ("no functional changes", "no functional changes"),
        ("No intended functional change.", "No intended functional change"),
        ("There is no\nfunctional change here.", "no functional change here"),
        ("No behavioural changes are expected.", "No behavioural changes are expected"),
        ("No behavioral change.", "No behavioral change"),
        ("No behavior change intended", "No behavior change intended"),
        ("No functionality change.", "No functionality change"),
        ("No change in behaviour.", "No change in behaviour"),
    ],
)
def test_claims(text: str, said: str) -> None:
    assert claimed(["nothing here", text, "No functional change"]) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "This changes the functional part.",
        "functional change",
        "There is a known functional change: none may sleep.",
        "no function changes its name",
    ],
)
def test_no_claims(text: str) -> None:
    assert claimed([text]) == ""
