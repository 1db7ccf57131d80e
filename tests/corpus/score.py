# SPDX-License-Identifier: GPL-2.0-only
"""How often `orchestrate parse dmesg` is right, on logs with known answers.

    python tests/corpus/score.py [DIR] [--half a|b] [--misses]

DIR holds `report/*`: headers, an empty line, a console log, at times `REPORT:` and more (its
README tells the headers). Default: ../shared/corpora/dmesg beside the repository. --half takes
the logs whose name hashes even (a) or odd (b), to keep some unseen while rules are written.

What counts as right (the first finding of a log only; see expected.py for the tables):

- found: a log with a TITLE has a finding. Titles of what is no kernel report are left out.
- kind: it is one of those that the TITLE stands for.
- function: it is FRAME or else what follows " in " in the TITLE; compared only where the log is
  not CORRUPTED, names one, and the log was found. Stalls are counted apart from faults.
- clean: a log without a TITLE has no finding at all.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from expected import Expected, expected_of, split_headers

from orchestrator.model.evidence import Splat
from orchestrator.parse.splats import parse_splats

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "dmesg"
FOUND, KIND, FAULTS, STALLS, CLEAN = (
    "found",
    "kind of the first finding",
    "function, faults",
    "function, stalls",
    "clean logs without a finding",
)
# What the project asks for, in percent.
WANTED = {FOUND: 99, KIND: 97, FAULTS: 85, STALLS: 65, CLEAN: 100}


@dataclass(frozen=True)
class Mark:
    """One question asked of one log."""

    log: str
    question: str
    right: bool
    wanted: str
    got: str


def marks_of(name: str, text: bytes) -> Iterator[Mark]:
    """The questions a log answers; none if it is about no kernel report."""
    headers, log = split_headers(text)
    splats = parse_splats(log.decode(errors="replace").splitlines())
    if not headers.get("TITLE"):
        got = "; ".join(splat.title for splat in splats)
        yield Mark(name, CLEAN, not splats, "", got)
        return
    expected = expected_of(headers)
    if expected is None:
        return
    yield Mark(name, FOUND, bool(splats), headers["TITLE"], "")
    if splats:
        yield from _first(name, headers["TITLE"], expected, splats[0])


def _first(name: str, title: str, expected: Expected, got: Splat) -> Iterator[Mark]:
    yield Mark(name, KIND, got.kind in expected.kinds, title, got.kind)
    if expected.function:
        question = STALLS if expected.stall else FAULTS
        yield Mark(
            name, question, got.function == expected.function, expected.function, got.function
        )


def in_half(name: str, half: str) -> bool:
    """Is a log in this half ("" for all)?"""
    even = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
    return not half or even == (half == "a")


def main() -> int:
    """Prints a row a question; 1 if one falls short of what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("dir", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--half", choices=["a", "b"], default="")
    parser.add_argument("--misses", action="store_true", help="also print every wrong answer")
    args = parser.parse_args()
    folder: Path = args.dir / "report"
    if not folder.is_dir():
        print(f"no corpus: {folder} is not there", file=sys.stderr)
        return 2
    logs = [file for file in sorted(folder.iterdir()) if in_half(file.name, args.half)]
    marks = [mark for file in logs for mark in marks_of(file.name, file.read_bytes())]
    if args.misses:
        for mark in marks:
            if not mark.right:
                print(f"{mark.log}: {mark.question}: {mark.wanted!r}, not {mark.got!r}")
    print(f"{len(logs)} logs")
    return 0 if all([_row(question, marks) for question in WANTED]) else 1


def _row(question: str, marks: list[Mark]) -> bool:
    asked = [mark.right for mark in marks if mark.question == question]
    share = 100 * sum(asked) / len(asked) if asked else 100.0
    wanted = WANTED[question]
    print(f"{question:<30} {sum(asked):>4}/{len(asked):<4} {share:6.1f} %  wanted {wanted} %")
    return share >= wanted


if __name__ == "__main__":
    sys.exit(main())
