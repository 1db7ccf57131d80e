# SPDX-License-Identifier: GPL-2.0-only
"""Does a run from a kept state say of each mutant what a run that boots says?

    python tests/mutants/forked.py                 # all; an hour or two
    python tests/mutants/forked.py 'worker-*'      # names, globs, bugs, clean

Each mutant's kernel runs all suites three times: with `--cold`, then from a state that this keeps,
then from the state found. Compared are the verdict, the tests that failed and the findings'
titles. A bug that shows by chance differs from itself as well: where anything differs, further
boots tell whether they agree with each other. Exit code 1 if a verdict differs in a way that
boots do not, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from table import TableError, chosen, read_table
from trial import ORCHESTRATE

# As many more boots as it takes to see most of what varies.
MORE_BOOTS = 3
DEADLINE_S = 900.0


@dataclass(frozen=True)
class Said:
    """What one run said, without what differs between any two. forked: it did not boot."""

    verdict: str
    failed: tuple[str, ...]
    findings: tuple[str, ...]
    forked: bool = False

    @property
    def whole(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        return self.verdict, self.failed, self.findings


def said(run: Mapping[str, Any]) -> Said:
    """What a run.json says. A run that never got a machine has neither outcome nor tests."""
    return Said(
        verdict=str(run["verdict"]),
        failed=tuple(sorted(_failed(run.get("tests") or ()))),
        findings=tuple(sorted({str(each["title"]) for each in run["findings"]})),
        forked=bool((run.get("outcome") or {}).get("forked")),
    )


def _failed(tests: Sequence[Mapping[str, Any]], above: str = "") -> Iterator[str]:
    for test in tests:
        name = f"{above}{test['name']}"
        children = test.get("children") or ()
        if not children and test["result"] not in ("passed", "skipped"):
            yield name
        yield from _failed(children, f"{name}.")


def compared(cold: Said, forked: Sequence[Said], boots: Sequence[Said]) -> str:
    """ "same", or what differs: "verdict" or "evidence"; ", by chance" if boots differ so, too."""
    for what, of in (
        ("verdict", lambda each: each.verdict),
        ("evidence", lambda each: each.whole),
    ):
        seen = {of(each) for each in (cold, *boots)}
        if any(of(each) not in seen for each in forked):
            return what if len(seen) == 1 else f"{what}, by chance"
    return "same"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="names, globs, bugs, clean")
    options = parser.parse_args()
    try:
        mutants = chosen(read_table(), options.names, quick=False)
    except TableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    totals: dict[str, int] = {}
    for number, mutant in enumerate(mutants, start=1):
        word, line = _one(mutant.patch)
        totals[word] = totals.get(word, 0) + 1
        print(f"{number}/{len(mutants)} {mutant.name}: {word}: {line}", flush=True)
    print(", ".join(f"{word}: {count}" for word, count in sorted(totals.items())))
    return 1 if {"verdict", "no answer"} & set(totals) else 0


def _one(patch: Path) -> tuple[str, str]:
    """The word, and one line of what was seen."""
    cold, *forked = (_boot(patch, *options) for options in (("--cold",), (), ()))
    if cold is None or None in forked:
        return "no answer", "a boot wrote no run.json"
    kept = [each for each in forked if each is not None]
    line = f"{cold.verdict}, {len(cold.failed)} failed"
    if not any(each.forked for each in kept):
        return "never forked", f"{line}: nothing to keep a state of"
    word = compared(cold, kept, ())
    if word != "same":
        boots = [_boot(patch, "--cold") for _ in range(MORE_BOOTS)]
        word = compared(cold, kept, [each for each in boots if each is not None])
        line += f"; forked: {', '.join(f'{each.verdict} {_apart(cold, each)}' for each in kept)}"
    return word, line


def _apart(cold: Said, other: Said) -> str:
    """What one of the two alone has."""
    mine, theirs = {*cold.failed, *cold.findings}, {*other.failed, *other.findings}
    return f"-{sorted(mine - theirs)} +{sorted(theirs - mine)}"


def _boot(patch: Path, *options: str) -> Said | None:
    with tempfile.TemporaryDirectory(prefix="orchestrate-forked-") as folder:
        answer = Path(folder) / "run.json"
        command = [str(ORCHESTRATE), "boot", "--config", "numa", "--patch", str(patch)]
        command += ["--run-dir", f"{folder}/run", "--json", str(answer), *options]
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DEADLINE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if not answer.is_file():
            return None
        return said(msgspec.json.decode(answer.read_bytes()))


if __name__ == "__main__":
    sys.exit(main())
