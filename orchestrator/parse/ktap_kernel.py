# SPDX-License-Identifier: GPL-2.0-only
"""KTAP read and counted as the kernel's own parser does (tools/testing/kunit/kunit_parser.py).

That parser goes by names and plans, not by indentation: a suite starts at its version or
"# Subtest:" line, takes as many tests as it planned or, without a plan, all up to a result of
its name, and the next result is its own. This reading is for counts that can be compared with
the kernel's tool. A verdict rests on parse/ktap.py, which is stricter.

Departures, each for a reason: after a document whose plan was met or whose kernel stopped the
next one is read, since each module prints one, where the kernel's parser stops;
a plan that no log can hold adds MAX_MISSING crashed tests, not all; tests nested deeper than
MAX_DEPTH are counted, but not kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from orchestrator.model.evidence import KtapCounts
from orchestrator.parse.ktap_grammar import Reader
from orchestrator.parse.ktap_lines import segments
from orchestrator.parse.ktap_tree import KernelTest, Status


class KernelReading(Struct, frozen=True):
    """documents: the main test of each, line that of its version. errors: one text for each
    the kernel's parser counts. unread: results after a document's end, counted nowhere."""

    documents: tuple[KernelTest, ...]
    errors: tuple[str, ...]
    counts: KtapCounts
    unread: int = 0

    @property
    def tests(self) -> tuple[KernelTest, ...]:
        return tuple(test for document in self.documents for test in document.tests)


def read_as_kernel(lines: Iterable[str]) -> KernelReading:
    """Counts and tests of a log, whatever stands around them. Raises nothing."""
    documents: list[KernelTest] = []
    errors: list[str] = []
    tally = dict.fromkeys(Status, 0)
    unread = 0
    for tokens in segments(lines):
        reader = Reader(tokens)
        for main in reader.documents():
            documents.append(main.frozen())
            for status, count in main.tally.items():
                tally[status] += count
        errors += reader.errors
        unread += reader.unread
    if not documents:
        errors.append("no KTAP found")
    counts = KtapCounts(
        passed=tally[Status.PASSED],
        failed=tally[Status.FAILED],
        skipped=tally[Status.SKIPPED],
        crashed=tally[Status.CRASHED],
        errors=len(errors),
    )
    return KernelReading(tuple(documents), tuple(errors), counts, unread)
