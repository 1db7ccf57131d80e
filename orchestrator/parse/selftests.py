# SPDX-License-Identifier: GPL-2.0-only
"""What kselftest's programs printed in the guest (rootfs/selftests.sh) → results.

One test after the other, each between two marks with this run's nonce and run by the kernel's own
run_kselftest.sh, which prints

    TAP version 13
    1..1
    # selftests: TARGET: TEST
    # what the test prints, each line behind "# ", TAP of its own as a rule
    ok 1 selftests: TARGET: TEST # a directive: SKIP, XFAIL, TIMEOUT 45 seconds, exit=1

The plan is the host's: what it has and this text has not is a test that never ended. TAP inside
is read like any other, and so is what is wrong with it: a subtest that was planned and did not
come, or failed though the test did not, is never green.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.model.evidence import Ktap, KtapTest, TestResult
from orchestrator.model.job import Selftests
from orchestrator.parse.selftest_tap import inside, why_skipped

_RESULT = re.compile(r"(not )?ok \d{1,9} selftests: (\S+): (\S+)(?: # ?(.*))?")
_SHOWN = 40  # lines of a test's own that are kept: the last ones
_BAD = (TestResult.FAILED, TestResult.CRASHED)
_BADNESS = {TestResult.FAILED: 1, TestResult.CRASHED: 2}


def begin_mark(nonce: str, name: str) -> str:
    """name: TARGET:TEST. A line of its own, as end_mark() and last_mark()."""
    return f"# orchestrate: {nonce} begin {name}"


def end_mark(nonce: str, name: str) -> str:
    """The exit status of the test's runner follows, after a blank."""
    return f"# orchestrate: {nonce} end {name}"


def last_mark(nonce: str) -> str:
    return f"# orchestrate: {nonce} end of selftests"


@dataclass
class _Section:
    """What one test left. first: 1-based, line of the begin mark; status: of its runner."""

    first: int
    lines: list[str] = field(default_factory=list)
    status: int | None = None


def parse_selftests(text: str, nonce: str, planned: Sequence[Selftests]) -> Ktap:
    """A suite for each target, in the plan's order, of its tests. Raises nothing."""
    sections, errors = _sections(text, nonce)
    suites = []
    for target in planned:
        children = []
        for test in target.tests:
            result, wrong = _test(target.target, test, sections.pop(f"{target.target}:{test}", []))
            children.append(result)
            errors += wrong
        suites.append(_suite(target.target, children))
    errors += [f"{name} ran and was not asked to" for name in sections]
    return Ktap(tuple(suites), tuple(errors))


def _sections(text: str, nonce: str) -> tuple[dict[str, list[_Section]], list[str]]:
    begin, end, last = (begin_mark(nonce, ""), end_mark(nonce, ""), last_mark(nonce))
    found: dict[str, list[_Section]] = {}
    name, current, ended = "", None, False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if line == last:
            ended = True
            break
        if line.startswith(begin):
            name, current = line.removeprefix(begin), _Section(number)
            found.setdefault(name, []).append(current)
        elif current is not None and line.startswith(f"{end}{name} "):
            status = line.removeprefix(f"{end}{name} ")
            current.status = int(status) if re.fullmatch(r"\d{1,3}", status) else None
            current = None
        elif current is not None:
            current.lines.append(line)
    return found, [] if ended else ["the output of the selftests ends before its end marker"]


def _test(target: str, name: str, sections: Sequence[_Section]) -> tuple[KtapTest, list[str]]:
    full = f"{target}.{name}"
    if not sections:
        return KtapTest(name, TestResult.CRASHED, 1, diagnostics=("it never began",)), []
    wrong = [f"{full}: it ran {len(sections)} times"] if len(sections) > 1 else []
    section = sections[0]
    body: list[tuple[int, str]] = []
    results: list[tuple[int, re.Match[str]]] = []
    stray: list[str] = []
    began = False
    for number, line in enumerate(section.lines, start=section.first + 1):
        if match := _RESULT.fullmatch(line.rstrip()):
            results.append((number, match))
        elif line == f"# selftests: {target}: {name}":
            began = True
        elif line.startswith("# ") or line == "#":
            if began and not results:
                body.append((number, line[2:]))
        elif line.strip():
            stray.append(line)
    mine = [one for one in results if (one[1][2], one[1][3]) == (target, name)]
    if len(mine) != len(results) or len(mine) > 1:
        wrong.append(f"{full}: {len(results)} results, where its runner gives one")
    if not mine:
        return _unended(name, section, body, stray), wrong
    return _ended(full, name, section, mine[0], body, wrong)


def _unended(
    name: str, section: _Section, body: Sequence[tuple[int, str]], stray: Sequence[str]
) -> KtapTest:
    said = "nothing was heard of its end"
    if section.status is not None:
        said = f"its runner ended with {section.status} and gave no result"
    last = [text for _, text in body[-_SHOWN:]]
    return KtapTest(name, TestResult.CRASHED, section.first, diagnostics=(said, *stray[-5:], *last))


def _ended(
    full: str,
    name: str,
    section: _Section,
    found: tuple[int, re.Match[str]],
    body: Sequence[tuple[int, str]],
    wrong: list[str],
) -> tuple[KtapTest, list[str]]:
    line, match = found
    more = (match[4] or "").strip()
    result = TestResult.FAILED if match[1] else TestResult.PASSED
    if more[:4].upper() == "SKIP":
        result, more = TestResult.SKIPPED, more[4:].strip() or why_skipped(body)
    children, damage = inside(body)
    # What a test that failed or was skipped left undone is no news of its own.
    if result is TestResult.PASSED:
        wrong += [f"{full}: {error}" for error in damage]
    worst = max((one.result for one in children), key=lambda r: _BADNESS.get(r, 0), default=result)
    if worst in _BAD and result not in _BAD:
        wrong.append(f"{full}: {match[1] or ''}ok, though a test in it {worst.value}")
        result = worst
    if section.status is None:
        wrong.append(f"{full}: nothing was heard of its runner's end")
    said = [*damage[:3], *(text for _, text in body[-_SHOWN:])] if result in _BAD else []
    diagnostics = tuple(text for text in (more if result in _BAD else "", *said) if text.strip())
    return (
        KtapTest(
            name=name,
            result=result,
            line=line,
            number=1,
            directive="" if result in _BAD else more,
            diagnostics=diagnostics,
            children=children,
            planned=len(children) if children else None,
        ),
        wrong,
    )


def _suite(target: str, children: Sequence[KtapTest]) -> KtapTest:
    worst = max((one.result for one in children), key=lambda r: _BADNESS.get(r, 0))
    skipped = all(one.result is TestResult.SKIPPED for one in children)
    result = TestResult.SKIPPED if skipped else worst if worst in _BAD else TestResult.PASSED
    return KtapTest(
        target, result, children[0].line, 1, children=tuple(children), planned=len(children)
    )
