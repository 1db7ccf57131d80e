# SPDX-License-Identifier: GPL-2.0-only
"""Observations of both sides → differences, with the noise of base kept apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.compare import (
    HARD,
    OURS,
    SOFT,
    Difference,
    Key,
    Kind,
    Observation,
    Seen,
)
from orchestrator.model.verdict import EvidenceLine

Digest = Mapping[Key, str]

SOFT_PAIRS = 3  # of runs, before a difference of the kinds that noise looks like is believed
_ABSENT = Seen("")
_ORDER = tuple(Kind)
_BAD_TESTS = ("failed", "crashed")
# What follows from a case that failed.
_SHADOWS = frozenset({Kind.TRACE, Kind.ORDER, Kind.PLACE})


class Contrast(Struct, frozen=True):
    """differences: sure. hints: seen on one side only, but not often enough to be sure.

    varying: keys that differ between runs of base. facts: keys that could be compared.
    """

    differences: tuple[Difference, ...]
    hints: tuple[Difference, ...]
    varying: tuple[Key, ...]
    facts: int


def contrast(
    base: Sequence[Observation], head: Sequence[Observation], before: Sequence[Digest] = ()
) -> Contrast:
    """What is so in all runs of one side and not in those of the other.

    What varies among base's own runs is noise, those of earlier comparisons (before) included.
    Of a run that did not get to its end, only what it showed counts, not what is missing: on
    neither side, so that a base which crashes now and then excuses the same crash of head.
    """
    keys = sorted(_keys(base) | _keys(head), key=lambda k: (_ORDER.index(k.kind), k[1:]))
    differences: list[Difference] = []
    hints: list[Difference] = []
    varying: list[Key] = []
    noisy = _noisy([*before, *(digest(run) for run in base if run.whole)])
    for key in keys:
        told = _asked(key, base)
        values = {run.seen.get(key, _ABSENT).value for run in told}
        if len(values) > 1 or _sphere(key) in noisy:
            varying.append(key)
            continue
        found = _difference(key, told, head, values.pop() if values else "")
        if found:
            (differences if _sure(found, len(base)) else hints).append(found)
    shown = tuple(_grouped(_without_consequences(differences)))
    return Contrast(shown, tuple(_grouped(hints)), tuple(varying), len(keys))


def only_soft(found: Contrast) -> bool:
    """There are differences, and all of them are of the kinds that noise looks like."""
    return bool(found.differences) and all(d.kind in SOFT for d in found.differences)


def _sure(found: Difference, base_runs: int) -> bool:
    """Is once enough, or was it always so, and does base say what is normal?"""
    always = found.seen_in == found.of_head
    if found.kind in HARD:
        once = found.head != OURS or (always and found.seen_in > 1)
        return once and found.of_base > 0
    return always and found.of_base >= min(2, base_runs)


def _asked(key: Key, runs: Sequence[Observation]) -> list[Observation]:
    """The runs that can tell of it: where it is not, only one that got to its end."""
    return [run for run in runs if run.whole or key in run.seen]


def digest(run: Observation) -> Digest:
    """What may be noise of one run, values as short hashes: enough to tell whether they vary."""
    return {
        key: hashlib.blake2s(seen.value.encode(errors="replace"), digest_size=6).hexdigest()
        for key, seen in run.seen.items()
        if key.kind in SOFT
    }


def settled(found: Contrast, pairs: int) -> Contrast:
    """After so few pairs, what looks like noise is only a hint beside what is sure."""
    if pairs >= SOFT_PAIRS:
        return found
    sure = tuple(each for each in found.differences if each.kind not in SOFT)
    soft = tuple(each for each in found.differences if each.kind in SOFT)
    return replace(found, differences=sure, hints=(*soft, *found.hints))


def _noisy(runs: Sequence[Digest]) -> set[tuple[object, ...]]:
    """Where runs of one kernel differ among themselves."""
    keys = {key for run in runs for key in run}
    return {_sphere(key) for key in keys if len({run.get(key, "") for run in runs}) > 1}


def _sphere(key: Key) -> tuple[object, ...]:
    """What is noisy together: if one thread of a case has an event now and then, that another
    had it in no run of base and in two of head is chance."""
    if key.kind is Kind.LOG:
        return key
    event = "" if key.kind is Kind.ORDER else key.what.rpartition(": ")[2]
    return key.kind, key.where, event


def _keys(runs: Iterable[Observation]) -> set[Key]:
    return {key for run in runs for key in run.seen}


def _difference(
    key: Key, base: Sequence[Observation], head: Sequence[Observation], value: str
) -> Difference | None:
    asked = _asked(key, head)
    others = [run for run in asked if run.seen.get(key, _ABSENT).value != value]
    if not others or (key.kind is Kind.TEST and value in _BAD_TESTS):
        return None
    if not base and (key.kind not in HARD or _good(others[0].seen[key].value)):
        return None  # no run of base got so far; what is bad in head is still worth a hint
    if key.kind in HARD - {Kind.TEST} and value:
        return None  # base has it: that head has not is no fault of head
    first = others[0]
    seen = first.seen.get(key, _ABSENT)
    of_base = base[0].seen.get(key, _ABSENT).evidence if base else ()
    shown_base, shown_head = value, seen.value
    if key.kind is Kind.ORDER:
        shown_base, shown_head = _around(value, seen.value, " → ")
    elif key.kind is Kind.TRACE:
        shown_base, shown_head = _unshared(value, seen.value)
    return Difference(
        kind=key.kind,
        where=key.where,
        title=key.what,
        base=shown_base,
        head=shown_head,
        seen_in=len(others),
        of_head=len(asked),
        of_base=len(base),
        evidence=_placed(seen.evidence, first.run) or _placed(of_base, base[0].run if base else ""),
        run=first.run,
    )


def _good(value: str) -> bool:
    return value in ("passed", "skipped")


def _placed(lines: Iterable[EvidenceLine], run: str) -> tuple[EvidenceLine, ...]:
    """Files named from the comparison's directory."""
    return tuple(
        EvidenceLine(f"{run}/{line.file or 'ktap'}", line.line, line.text) for line in lines
    )


def _around(base: str, head: str, mark: str, shown: int = 3) -> tuple[str, str]:
    """Both sequences from just before the first place where they differ."""
    a, b = base.split(mark), head.split(mark)
    first = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    at = min(len(a), len(b)) if first is None else first
    begin = max(0, at - 1)

    def cut(words: list[str]) -> str:
        part = words[begin : at + shown]
        more = "… " if begin else ""
        return more + mark.join(part) + (f"{mark}…" if at + shown < len(words) else "")

    return cut(a), cut(b)


def _unshared(base: str, head: str) -> tuple[str, str]:
    """Only the entries of two bags that are not in both."""
    a, b = base.split("; "), head.split("; ")
    left = [each for each in a if each not in b]
    right = [each for each in b if each not in a]
    return "; ".join(left), "; ".join(right)


def _without_consequences(found: Sequence[Difference]) -> Iterator[Difference]:
    """What a failed test or another event explains is left out: the trace of that case, and the
    sequence of events if the events themselves differ."""
    failed = {difference.where for difference in found if difference.kind is Kind.TEST}
    failed |= {f"{d.where}.{d.title}" for d in found if d.kind is Kind.TEST}
    traced = any(difference.kind is Kind.TRACE for difference in found)
    for difference in found:
        explained = difference.kind in _SHADOWS and difference.where in failed
        if not explained and not (difference.kind is Kind.ORDER and traced):
            yield difference


def _grouped(found: Iterable[Difference]) -> Iterator[Difference]:
    """One difference for all of one sort, the others in its `also`."""
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for difference in found:
        groups.setdefault(_sort(difference), []).append(difference)
    for first, *others in groups.values():
        also = tuple(f"{each.where}: {each.title}" for each in others)
        yield replace(first, also=also, seen_in=max(each.seen_in for each in (first, *others)))


def _sort(difference: Difference) -> tuple[object, ...]:
    kind, where, title = difference.kind, difference.where, difference.title
    if kind is Kind.TEST:
        return kind, where, difference.head
    if kind in (Kind.TRACE, Kind.PLACE):
        return kind, title.rpartition(": ")[2]
    if kind is Kind.LEAK:
        return kind, title
    if kind in (Kind.ORDER, Kind.SLOW):
        return (kind,)
    return kind, where, title
