# SPDX-License-Identifier: GPL-2.0-only
"""Every mutant through `orchestrate compare`: are the bugs found, do clean patches stay green?

    tox -e mutants                          # all; hours
    tox -e mutants -- --quick               # a few
    tox -e mutants -- 'worker-*' clean      # names, globs, folders
    tox -e mutants -- --repeat 3 mod-return-lost -- --pairs 4

What follows a second `--` goes to `orchestrate compare`. Answers are kept, so an interrupted run
goes on where it was; they count while patch, options and product are the same. Exit code 1 if any
answer is wrong, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import platformdirs
from rich.console import Console
from rich.table import Table
from rich.text import Text
from table import Mutant, TableError, chosen, read_table
from trial import Trial, is_answer, load, made_of, product_digest, right, save, try_mutant


def main() -> int:
    argv = sys.argv[1:]
    # argparse hands everything after "--" to the positional arguments.
    cut = argv.index("--") if "--" in argv else len(argv)
    options = _parser().parse_args(argv[:cut])
    extra = argv[cut + 1 :]
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        mutants = chosen(read_table(), options.names, options.quick)
        earlier = load(options.results)
    except (TableError, ValueError) as error:
        console.print(f"error: {error}", markup=False)
        return 2
    if options.again:
        names = {mutant.name for mutant in mutants}
        earlier = [trial for trial in earlier if trial.name not in names]
    trials = _trials(mutants, options, extra, earlier, console)
    _print_table(console, mutants, trials)
    if options.json:
        rows = [asdict(trial) for mutant in mutants for trial in trials[mutant.name]]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return _print_totals(console, mutants, trials)


def _parser() -> argparse.ArgumentParser:
    results = platformdirs.user_state_path("orchestrate") / "mutants.json"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="names, globs, bugs, clean")
    parser.add_argument("--quick", action="store_true", help="only those marked so")
    parser.add_argument("--repeat", type=_positive, default=1, metavar="N", help="tries each (1)")
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help="at once (1)")
    parser.add_argument("--again", action="store_true", help="forget earlier answers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the answers here, too")
    parser.add_argument(
        "--results", type=Path, default=results, metavar="FILE", help="answers kept (%(default)s)"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _trials(
    mutants: Sequence[Mutant],
    options: argparse.Namespace,
    extra: Sequence[str],
    earlier: Sequence[Trial],
    console: Console,
) -> dict[str, list[Trial]]:
    """Name → its answers, --repeat of them. Each is kept as soon as it is there."""
    product = product_digest()
    keys = {mutant.name: made_of(mutant, extra, product) for mutant in mutants}
    kept = list(earlier)
    answers: dict[str, list[Trial]] = {
        name: [t for t in kept if t.key == key and is_answer(t)][: options.repeat]
        for name, key in keys.items()
    }
    missing = [m for m in mutants for _ in range(options.repeat - len(answers[m.name]))]
    by_name = {mutant.name: mutant for mutant in mutants}
    for number, trial in enumerate(_run(missing, extra, keys, options.jobs), start=1):
        answers[trial.name].append(trial)
        kept.append(trial)
        save(options.results, kept)
        mark = "right" if right(by_name[trial.name], trial) else "WRONG"
        line = f"{number}/{len(missing)} {trial.name}: {trial.word}, {mark}: {trial.evidence}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return answers


def _run(
    mutants: Sequence[Mutant], extra: Sequence[str], keys: dict[str, str], jobs: int
) -> Iterator[Trial]:
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(try_mutant, m, extra, keys[m.name]) for m in mutants]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _print_table(
    console: Console, mutants: Sequence[Mutant], trials: dict[str, list[Trial]]
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("mutant", no_wrap=True)
    table.add_column("word", no_wrap=True)
    table.add_column("evidence, or what was missed", overflow="fold")
    table.add_column("s", justify="right", no_wrap=True)
    for mutant in mutants:
        for trial in trials[mutant.name]:
            good = right(mutant, trial)
            missed = not good and trial.word == "same"
            table.add_row(
                mutant.name,
                Text(trial.word, style="green" if good else "bold red"),
                Text(mutant.what if missed else trial.evidence),
                f"{trial.took_s:.0f}",
            )
    console.print(table)


def _print_totals(
    console: Console, mutants: Sequence[Mutant], trials: dict[str, list[Trial]]
) -> int:
    """Exit code: 0 only if every answer to every mutant is right."""
    good = {m.name: all(right(m, trial) for trial in trials[m.name]) for m in mutants}
    for is_bug, words in ((True, "bugs found"), (False, "clean green")):
        names = [mutant.name for mutant in mutants if mutant.is_bug is is_bug]
        console.print(f"{words}: {sum(good[name] for name in names)}/{len(names)}")
    took_s = sum(trial.took_s for rows in trials.values() for trial in rows)
    console.print(f"{took_s / 60:.0f} min of runs")
    return 0 if mutants and all(good.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
