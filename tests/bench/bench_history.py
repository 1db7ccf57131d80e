# SPDX-License-Identifier: GPL-2.0-only
"""What was measured before: one JSON record a run, one line a record, the oldest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from figures import Section, Spread


@dataclass(frozen=True)
class Record:
    """One run of the benchmark. machine: the class of machine, whose runs can be compared;
    load: of the machine before it began, in running tasks."""

    date: str
    commit: str
    machine: str
    load: float
    figures: dict[str, Spread]


@dataclass(frozen=True)
class Trend:
    """A figure's median now, in the run before and in the best one; runs: earlier ones."""

    figure: str
    now: float
    before: float
    best: float
    runs: int

    @property
    def change(self) -> float:
        """-0.1: a tenth less than before."""
        return self.now / self.before - 1 if self.before else 0.0


def record(
    date: str, commit: str, machine: str, load: float, sections: Iterable[Section]
) -> Record:
    """Of all that these sections measured."""
    figures = {name: each for part in sections for name, each in part.figures().items()}
    return Record(date, commit, machine, load, figures)


def to_line(one: Record) -> str:
    """As a line of the history."""
    data = asdict(one)
    for spread in data["figures"].values():
        spread |= {key: round(value, 4) for key, value in spread.items() if key != "count"}
    return json.dumps(data, sort_keys=True) + "\n"


def from_line(line: str) -> Record:
    """Raises ValueError if it is none."""
    try:
        data = json.loads(line)
        figures = {name: Spread(**each) for name, each in data.pop("figures").items()}
        return Record(**data, figures=figures)
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"no record of a benchmark: {error}") from error


def read(file: Path) -> tuple[Record, ...]:
    """All records, none if there is no file. Raises ValueError with the line."""
    if not file.is_file():
        return ()
    return tuple(_numbered(file))


def _numbered(file: Path) -> Iterator[Record]:
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        try:
            yield from_line(line)
        except ValueError as error:
            raise ValueError(f"{file}:{number}: {error}") from error


def append(file: Path, one: Record) -> None:
    """One more line; what is there stays as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(to_line(one))


def trends(now: Record, earlier: Sequence[Record]) -> tuple[Trend, ...]:
    """Each figure that an earlier run on the same class of machine has as well.

    The best is the least, except of rates and of ratios that say how often faster.
    """
    same = [one for one in earlier if one.machine == now.machine]
    found = []
    for name, spread in now.figures.items():
        past = [one.figures[name].median for one in same if name in one.figures]
        if past:
            best = max(past) if _is_better_high(name) else min(past)
            found.append(Trend(name, spread.median, past[-1], best, len(past)))
    return tuple(found)


def _is_better_high(name: str) -> bool:
    return "a minute" in name or "times faster" in name
