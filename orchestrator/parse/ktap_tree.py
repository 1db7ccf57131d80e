# SPDX-License-Identifier: GPL-2.0-only
"""A test as the kernel's KTAP parser knows it: read, and while it is being read."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from msgspec import Struct

_MAX_LOG = 1000  # diagnostics kept for one test


class Status(enum.StrEnum):
    """As the kernel's parser has them; NO_TESTS counts as nothing, and is an error."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CRASHED = "crashed"
    NO_TESTS = "no-tests"


class KernelTest(Struct, frozen=True):
    """A test or, with children, a suite. line: 1-based, of its result or else its start."""

    name: str
    result: Status
    line: int
    number: int | None = None
    planned: int | None = None
    directive: str = ""
    diagnostics: tuple[str, ...] = ()
    tests: tuple[KernelTest, ...] = ()


@dataclass
class OpenTest:
    """One being read. wanted: its number by position. suite: it has a header of its own."""

    wanted: int
    line: int
    name: str = ""
    suite: bool = False
    planned: int | None = None
    main: bool = False
    status: Status = Status.CRASHED
    number: int | None = None
    directive: str = ""
    log: list[str] = field(default_factory=list)
    tests: list[KernelTest] = field(default_factory=list)
    tally: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))

    @property
    def open(self) -> bool:
        return self.suite and (self.planned is None or len(self.tests) < self.planned)

    def frozen(self, whole: bool = True) -> KernelTest:
        return KernelTest(
            name=self.name,
            result=self.status,
            line=self.line,
            number=self.number,
            planned=self.planned,
            directive=self.directive,
            diagnostics=tuple(text.strip() for text in self.log[:_MAX_LOG]),
            tests=tuple(self.tests) if whole else (),
        )
