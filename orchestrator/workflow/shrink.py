# SPDX-License-Identifier: GPL-2.0-only
"""A shrink: plan/shrink says what is tried, a runner boots it, and a journal keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from orchestrator.model.progress import Progress
from orchestrator.model.shrink import Ended, ShrinkResult, Trial
from orchestrator.plan.shrink_trials import NeverAgain
from orchestrator.workflow.shrink_asked import Asked, Kept, Runner
from orchestrator.workflow.shrink_search import Search, Stop


def run_shrink(
    asked: Asked,
    runner: Runner,
    kept: Kept,
    progress: Progress,
    earlier: Sequence[Trial] = (),
    clock: Callable[[], float] = time.monotonic,
) -> ShrinkResult:
    """The smallest setup that fails in the same way, or, if it was stopped (Ctrl-C included), the
    smallest so far. earlier: runs of an interrupted search.

    Raises InfrastructureError where the runner does, and if no run of the start says anything.
    """
    search = Search(asked, runner, kept, progress, earlier, clock)
    try:
        search.whole()
        ended = Ended.WHOLE
    except NeverAgain:
        search.must_have_run()
        ended = Ended.NEVER_AGAIN
    except Stop as stop:
        ended = stop.ended
    except KeyboardInterrupt:
        ended = Ended.INTERRUPTED
    return search.result(ended)
