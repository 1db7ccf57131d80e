# SPDX-License-Identifier: GPL-2.0-only
"""Counts of our KTAP reading beside those of the kernel's own parser, run here and now.

    .venv/bin/python tests/corpus/ktap_score.py [TREE] [--generated N] [--show N]

TREE is a kernel tree; without one, the newest the store holds. First the logs of the tree's
tools/testing/kunit/test_data this project develops with, then N logs made up by
tests/unit/parse/ktap_logs.py, half of them damaged. Ends with 1 if any log counts differently,
other than by documents behind the one at which the kernel's parser stops: there that parser
is started anew at each document.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "parse"))

import ktap_logs

from orchestrator.model.evidence import KtapCounts
from orchestrator.parse.ktap_kernel import read_as_kernel

LOGS = (
    "insufficient_memory", "interrupted_tap_output", "is_test_passed-all_passed",
    "is_test_passed-failure", "is_test_passed-kselftest", "is_test_passed-no_tests_no_plan",
    "is_test_passed-no_tests_run_no_header", "multiple_prefixes", "parse_ktap_output",
    "parse_subtest_header", "pound_sign",
)  # fmt: skip
STAMPS = ("", "[    0.060000] ", "[    0.060000][    T1] ", "<6>[    0.060000] ", "uml: ")
Lines = list[str]


class Kernel:
    """The parser of a tree, imported from there without leaving a trace in it."""

    def __init__(self, tree: Path) -> None:
        self.folder = tree / "tools" / "testing" / "kunit"
        if not (self.folder / "kunit_parser.py").is_file():
            sys.exit(f"{tree} has no tools/testing/kunit/kunit_parser.py")
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(self.folder))
        import kunit_parser
        import kunit_printer

        self._parse: Any = kunit_parser.parse_run_tests
        self._silent: Any = kunit_printer.Printer(False)

    def counts(self, lines: Lines) -> KtapCounts:
        found = self._parse(lines, self._silent).counts
        return KtapCounts(found.passed, found.failed, found.skipped, found.crashed, found.errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, metavar="TREE")
    parser.add_argument("--generated", type=int, default=2000, metavar="N", help="(2000)")
    parser.add_argument("--show", type=int, default=2, metavar="N", help="differing logs (2)")
    options = parser.parse_args()
    kernel = Kernel(options.tree or newest_tree())
    wrong = compare_logs(kernel) + compare_generated(kernel, options.generated, options.show)
    sys.exit(1 if wrong else 0)


def newest_tree() -> Path:
    from orchestrator.edge.store import cache_root

    trees = [path for path in (cache_root() / "trees").glob("*") if path.is_dir()]
    if not trees:
        sys.exit("the store holds no kernel tree: name one")
    return max(trees, key=lambda path: path.stat().st_mtime)


def compare_logs(kernel: Kernel) -> int:
    """A row a log; how many differ."""
    print("| log | passed | failed | skipped | crashed | errors | kernel's parser |")
    print("|---|---|---|---|---|---|---|")
    wrong = 0
    for name in LOGS:
        path = kernel.folder / "test_data" / f"test_{name}.log"
        lines = path.read_text(errors="replace").splitlines()
        ours, theirs = read_as_kernel(lines).counts, kernel.counts(lines)
        wrong += ours != theirs
        verdict = "the same" if ours == theirs else f"{theirs}"
        numbers = (ours.passed, ours.failed, ours.skipped, ours.crashed, ours.errors)
        print(f"| {name} | {' | '.join(map(str, numbers))} | {verdict} |")
    return wrong


def compare_generated(kernel: Kernel, number: int, show: int) -> int:
    """Agreement by kind of log; how many differ without a reason."""
    tally: Counter[str] = Counter()
    for seed in range(number):
        lines = generated(seed)
        how = agreement(kernel, lines)
        tally[how] += 1
        if how == "different" and tally[how] <= show:
            print("\n".join([f"seed {seed}:", *lines]))
            print(f"ours {read_as_kernel(lines).counts}, theirs {kernel.counts(lines)}")
    print(f"\n{number} generated logs: " + ", ".join(f"{n} {how}" for how, n in tally.items()))
    return tally["different"]


def generated(seed: int) -> Lines:
    """Sound if the seed is even; else damaged, or KTAP lines in no order at all."""
    random = Random(seed)
    lines = ktap_logs.sound(random, ktap_logs.tree(random, random.randint(0, 3)))
    if seed % 2:
        lines = ktap_logs.broken(random, lines)
    if seed % 10 == 9:
        lines = ["KTAP version 1", *random.choices((*lines, *ktap_logs.SPLICES), k=20)]
    stamp, end = random.choice(STAMPS), random.choice(("", "\r"))
    return [f"{stamp}{line}{end}" for line in lines]


def agreement(kernel: Kernel, lines: Lines) -> str:
    reading = read_as_kernel(lines)
    if reading.counts == kernel.counts(lines):
        return "the same"
    # The kernel's parser stops by itself where the document that it starts with is over.
    total = [kernel.counts(lines[document.line - 1 :]) for document in reading.documents]
    summed = KtapCounts(
        sum(c.passed for c in total), sum(c.failed for c in total), sum(c.skipped for c in total),
        sum(c.crashed for c in total), sum(c.errors for c in total),
    )  # fmt: skip
    return "the same document by document" if summed == reading.counts else "different"


if __name__ == "__main__":
    main()
