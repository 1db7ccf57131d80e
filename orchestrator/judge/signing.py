# SPDX-License-Identifier: GPL-2.0-only
"""Signatures of findings. Those of kernel reports come with them (parse/signature.py)."""

from __future__ import annotations

import re

from msgspec.structs import replace

from orchestrator.judge.onset import normalised
from orchestrator.model.signature import fingerprint, stable_text
from orchestrator.model.verdict import Finding

# What KUnit says of a failed expectation, without the values (lib/kunit/assert.c): the file,
# and the expression as written.
_EXPECTATION = re.compile(r".*\b(?:EXPECTATION|ASSERTION) FAILED at (\S+?):\d+|\s*(Expected .*)")


def signed(finding: Finding) -> Finding:
    """The same finding with a signature: its check, title, and what its case expected.

    Two failures of one case with different expectations are two signatures.
    """
    if finding.signature or finding.check == "splats":
        return finding  # a damaged report has none: its title could be any other's
    matches = (_EXPECTATION.match(line.text) for line in finding.evidence)
    expected = sorted({(match[1] or match[2]).strip() for match in matches if match})
    parts = (finding.check, stable_text(normalised(finding.title)), *expected)
    return replace(finding, signature=fingerprint(parts))
