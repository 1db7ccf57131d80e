# SPDX-License-Identifier: GPL-2.0-only
"""Configurations of a bisect over options: each is built once, and its runs serve all rounds that
ask for it, those of an interrupted bisect too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.bisect import Built, Trial
from orchestrator.model.bisect_options import Tried
from orchestrator.model.progress import Note, Progress
from orchestrator.workflow.bisect import Kept, Probe


class Closed(Struct, frozen=True):
    """What Kconfig made of options: values of all that are set. key: the same for the same ones.
    error: why no suite can run on it, "" if they can."""

    key: str
    values: Mapping[str, str]
    error: str = ""


@dataclass
class Known:
    """Of one configuration. trials: in the order they were made."""

    closed: Closed
    tried: Tried
    built: Built | None = None
    trials: list[Trial] = field(default_factory=list)


class Configs:
    """Those that were tried, by number. close(options as in the bad end): Closed."""

    def __init__(
        self, close: Callable[[frozenset[str]], Closed], differing: Callable[[Closed], int]
    ) -> None:
        self._close, self._differing = close, differing
        self._closed: dict[frozenset[str], Closed] = {}
        self._earlier: dict[str, list[Built | Trial]] = {}
        self.all: list[Known] = []
        self.resumed = 0

    def call(self, number: int, title: str) -> None:
        """By another name than it was first asked for by; the ends keep theirs."""
        known = self.all[number]
        if known.tried.title not in ("good", "bad"):
            known.tried = replace(known.tried, title=title)

    @property
    def runs(self) -> int:
        """Of all, those of an interrupted bisect included."""
        return sum(len(known.trials) for known in self.all)

    def remember(self, events: Sequence[Built | Trial]) -> None:
        """Of an interrupted bisect; a directory is named for its configuration's key."""
        for event in events:
            folder = Path(event.run_dir)
            name = folder.name if isinstance(event, Built) else folder.parent.name
            self._earlier.setdefault(name, []).append(event)

    def closed(self, as_bad: frozenset[str]) -> Closed:
        """Asked of Kconfig once."""
        if as_bad not in self._closed:
            self._closed[as_bad] = self._close(as_bad)
        return self._closed[as_bad]

    def number(self, as_bad: frozenset[str], title: str) -> int:
        """Its place in `all`; title: what it is called if it is new."""
        closed = self.closed(as_bad)
        for number, known in enumerate(self.all):
            if known.closed.key == closed.key:
                return number
        number = len(self.all)
        known = Known(closed, Tried(title, closed.key, self._differing(closed)))
        for event in self._earlier.pop(closed.key, ()):
            if isinstance(event, Built):
                known.built = replace(event, node=number)
            else:
                known.trials.append(replace(event, node=number))
                self.resumed += 1
        self.all.append(known)
        return number


class RoundProbe:
    """A Probe (workflow/bisect.py) of one round. subset(node), title(node): the options that are
    as in the bad end, and what that is called. Its builds and runs are those of `configs`; what is
    not known yet, `probe` makes, and `kept` writes down."""

    def __init__(
        self,
        configs: Configs,
        probe: Probe,
        kept: Kept,
        subset: Callable[[int], frozenset[str]],
        title: Callable[[int], str],
        progress: Progress,
    ) -> None:
        self._configs, self._probe, self._kept = configs, probe, kept
        self._subset, self._title, self._progress = subset, title, progress
        self._given: Counter[int] = Counter()  # configuration → runs this round was told of

    def build(self, node: int) -> Built:
        number = self._configs.number(self._subset(node), self._title(node))
        known = self._configs.all[number]
        if known.built is None:
            if known.closed.error:
                known.built = Built(number, "", error=known.closed.error)
            else:
                said = f"{known.tried.title}: {known.tried.differing} options differ from good"
                self._progress(Note(said))
                known.built = self._probe.build(number)
            self._kept.add(known.built)
        else:
            self._progress(Note(f"that is a configuration known already: {known.tried.title}"))
        return replace(known.built, node=node)

    def run(self, node: int, number: int) -> Trial:
        place = self._configs.number(self._subset(node), self._title(node))
        known = self._configs.all[place]
        if self._given[place] == len(known.trials):
            trial = self._probe.run(place, len(known.trials) + 1)
            known.trials.append(trial)
            self._kept.add(trial)
        self._given[place] += 1
        return replace(known.trials[self._given[place] - 1], node=node)
