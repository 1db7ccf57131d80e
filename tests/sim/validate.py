# SPDX-License-Identifier: GPL-2.0-only
"""Real nights beside what the simulator makes of them.

    PYTHONPATH=. python tests/sim/validate.py DIR [DIR ...]

Folders of `orchestrate nightly run`. Replayed: with the times that the builds and boots of that
night took, so that the rule alone is tried. Predicted: with times drawn from stage_times.json,
and host cores shared as the simulator does, mean and range over the seeds; for nights of runs with
all suites alone. Writes validation.json here, which docs/scaling.md shows.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sim_cells import Workload
from sim_setting import NEVER, Setting
from sim_times import Times, load
from sim_world import World

from orchestrator.edge.night_files import ATTEMPTS, attempts
from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import kernel_of
from orchestrator.plan.night import work
from orchestrator.plan.night_times import Expected

FILE = Path(__file__).with_name("validation.json")
SEEDS = 20


@dataclass(frozen=True)
class Night:
    """Seconds. predicted: mean, least and most; () if it cannot be."""

    cells: int
    builds: int
    slots: int
    warm: bool
    real_s: float
    replayed_s: float
    predicted_s: tuple[float, ...]


def night(folder: Path, times: Times) -> Night:
    """Raises OSError, KeyError if it is no night."""
    about = json.loads((folder / "night.json").read_text(encoding="utf-8"))
    rows = {row.cell: row for row in attempts(folder / ATTEMPTS)}
    order = tuple(CellKey(**each["cell"]) for each in about["planned"])
    order = tuple(cell for cell in order if cell in rows)
    kernels = work(order).kernels
    builds = {kernel_of(cell): row.build_s for cell, row in rows.items() if row.build_s}
    expected = Expected(
        {cell: rows[cell].wall_s - (rows[cell].build_s or 0) for cell in order},
        {kernel: builds.get(kernel, 0.0) for kernel in kernels},
    )
    load_ = Workload(order, kernels, expected)
    slots = int(about["spent"]["slots"])
    built = not builds  # then it took as long as a look at it
    warm = statistics.median(map(_state_s, rows.values())) < 0.3
    base = Setting(hosts=1, slots=slots, local=True, trees=True, related=True, built=built,
                   warm=warm, failures=NEVER)  # fmt: skip
    predicted: list[float] = []
    if slots > 1 and not any(cell.suites for cell in order):
        for seed in range(SEEDS):
            setting = replace(base, seed=seed)
            predicted.append(World(load_, setting, times).run().env.now)
    spread = (statistics.mean(predicted), min(predicted), max(predicted)) if predicted else ()
    real_s = float(about["spent"]["wall_s"])
    return Night(len(order), len(builds), slots, warm, real_s, replayed(load_, base), spread)


def replayed(load_: Workload, setting: Setting) -> float:
    """What was slowed down by its neighbours took as long as it did: cores are not shared."""
    world = World(load_, replace(setting, cores=1000), load())

    took: dict[object, float] = dict(load_.times.boots.items())
    took.update(load_.times.builds.items())

    def drawn(_name: str, *what: object) -> float:
        return took.get(what[0], 0.0)

    world.steps.drawn = drawn  # type: ignore[method-assign, assignment]
    return float(world.run().env.now)


def _state_s(row: Attempt) -> float:
    run = json.loads((Path(row.run_dir) / "run.json").read_text(encoding="utf-8"))
    took = [each["took_s"] for each in run.get("stages", []) if each["stage"] == "state"]
    return float(took[-1]) if took else 0.0


def main() -> int:
    times = load()
    found = [night(Path(name), times) for name in sys.argv[1:]]
    for each in found:
        print(each)
    FILE.write_text(json.dumps([*map(asdict, found)], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
