# SPDX-License-Identifier: GPL-2.0-only
"""Text from outside, made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.report.clean import clean


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text\twith a tab", "plain text\twith a tab"),
        ("Größe, 日本語, 🐧", "Größe, 日本語, 🐧"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\rc", "a\\x0ab\\x0dc"),
        ("\x9b31m", "\\x9b31m"),
        ("\x7f\0", "\\x7f\\x00"),
        ("\udcff", "\\xdcff"),
        ("\u202etxt", "\\x202etxt"),
        ("a\u2028b", "a\\x2028b"),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=())))
def test_nothing_is_left_that_acts(raw: str) -> None:
    text = clean(raw)
    text.encode()
    assert not [
        c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c != "\t"
    ]
    assert clean(text) == text
