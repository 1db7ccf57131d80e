# SPDX-License-Identifier: GPL-2.0-only
"""What two kernels were seen to do, and in what they differ."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct, field

from orchestrator.model.job import Accelerator, StageTime
from orchestrator.model.verdict import EvidenceLine, Verdict

COMPARE_SCHEMA_VERSION = 1


# Source file, relative to the tree → line, 1-based → how often it ran; no code, no entry.
LineCounts = dict[str, dict[int, int]]


class Word(enum.Enum):
    """The answer, in one word."""

    SAME = "same"  # nothing differs, and that was proven as far as the suites reach
    DIFFERS = "differs"
    BROKEN = "broken"  # the patch does not apply or not build
    UNSURE = "unsure"  # not enough whole runs of one side to say anything
    INFRASTRUCTURE = "infrastructure"

    @property
    def exit_code(self) -> int:
        """0 only for SAME; 3 if the host or we failed; else 1."""
        return {Word.SAME: 0, Word.INFRASTRUCTURE: 3}.get(self, 1)


class Kind(enum.Enum):
    """What sort of thing was observed, worst first. A report lists them in this order."""

    ENDING = "ending"  # the run's crash, hang or missing end
    SPLAT = "splat"
    LEAK = "leak"
    TEST = "test"
    FINDING = "finding"  # what another check of the judge found
    PLACE = "placement"  # node of memory or CPU of a thread
    TRACE = "trace"  # events of one thread in one case, as a bag
    ORDER = "order"  # the same, as a sequence
    SLOW = "slow"
    LOG = "log"  # messages of level err and worse
    WARNING = "warning"  # of the compiler


# One sighting on the patched side and none on the other is enough: a kernel that is right does
# not do these now and then.
HARD = frozenset({Kind.ENDING, Kind.SPLAT, Kind.LEAK, Kind.TEST, Kind.FINDING})
# These are what noise looks like: they must differ in every run, and in more of them.
SOFT = frozenset({Kind.PLACE, Kind.TRACE, Kind.ORDER, Kind.LOG})
# The value of a hard one that the host or we may have caused: so it must be seen as soft ones are.
OURS = "incomplete, perhaps by the host"


class Key(NamedTuple):
    """What is observed: kind, the case or suite it is in, and the thing itself."""

    kind: Kind
    where: str
    what: str


class Seen(Struct, frozen=True):
    """Its value in one run. A key that is not there has the value ""."""

    value: str
    evidence: tuple[EvidenceLine, ...] = ()


class Observation(Struct, frozen=True):
    """All that was seen in one run. whole: it went to its clean end, so absence counts.

    run: its directory, relative to the comparison's. latencies_us: kind of thread → each
    creation's duration; cases_s: case → its duration, guest time.
    """

    run: str
    whole: bool
    verdict: Verdict
    seen: dict[Key, Seen]
    latencies_us: dict[str, tuple[float, ...]] = field(default_factory=dict)
    cases_s: dict[str, float] = field(default_factory=dict)


class Difference(Struct, frozen=True):
    """Something that is so on one side only.

    base, head: the values, "" for absent. seen_in: of how many runs of head, of_head: of how
    many it was asked; of_base: runs of base that all agreed. evidence: from a run of head. also:
    other places that show the same sort of thing.
    """

    kind: Kind
    where: str
    title: str
    base: str
    head: str
    seen_in: int
    of_head: int
    of_base: int
    evidence: tuple[EvidenceLine, ...] = ()
    run: str = ""
    also: tuple[str, ...] = ()


class Shift(Struct, frozen=True):
    """Durations compared. Medians in microseconds; ratio head/base with its 95 % interval.

    p: two-sided Mann-Whitney U. noise: largest ratio between the medians of two runs of base.
    slower: it counts as a difference.
    """

    what: str
    base_us: float
    head_us: float
    ratio: float
    low: float
    high: float
    p: float
    noise: float
    samples_base: int
    samples_head: int
    slower: bool = False


class Size(Struct, frozen=True):
    """Bytes of text of one function, without coverage counters; 0: not there."""

    function: str
    base: int
    head: int


class Line(enum.Enum):
    """What became of one line of the patch."""

    RUN = "run"
    NEVER = "never run"
    NO_CODE = "no code"  # blank, comment, declaration, brace
    NOT_COMPILED = "not compiled"
    UNKNOWN = "unknown"  # no coverage of that file


class CoveredLine(Struct, frozen=True):
    """One added or changed line of the patched file. count: how often, over all runs."""

    file: str
    line: int
    text: str
    state: Line
    count: int = 0


class Cell(Struct, frozen=True):
    """One configuration on one topology. runs: (base, head) that went into it.

    varying: how many observations differed between runs of base, and were left out. proven: a
    difference could have been seen. hints: what was seen on one side only, but not every time.
    """

    config: str
    topology: str
    base_runs: int
    head_runs: int
    facts: int
    varying: int
    proven: bool
    differences: tuple[Difference, ...]
    hints: tuple[Difference, ...] = ()
    shifts: tuple[Shift, ...] = ()
    coverage: tuple[CoveredLine, ...] = ()
    notes: tuple[str, ...] = ()


class CompareResult(Struct, frozen=True):
    """What `orchestrate compare` found. claim: the sentence of the patch that is judged, or ""."""

    word: Word
    title: str
    claim: str
    command: tuple[str, ...]
    started_at: str
    run_dir: str
    base: str
    kernel_release: str
    patches: tuple[str, ...]
    cells: tuple[Cell, ...] = ()
    sizes: tuple[Size, ...] = ()
    error: str = ""
    hint: str = ""
    diff: str = ""
    stages: tuple[StageTime, ...] = ()
    notes: tuple[str, ...] = ()
    took_s: float = 0.0
    accelerator: Accelerator | None = None
    schema_version: int = COMPARE_SCHEMA_VERSION

    @property
    def differences(self) -> tuple[Difference, ...]:
        return tuple(each for cell in self.cells for each in cell.differences)

    @property
    def runs(self) -> tuple[int, int]:
        """(of base, of head), over all cells."""
        return sum(c.base_runs for c in self.cells), sum(c.head_runs for c in self.cells)
