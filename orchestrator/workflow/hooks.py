# SPDX-License-Identifier: GPL-2.0-only
"""What a hook does when it is called: commits → presubmit, within a time → an answer.

Red holds a push, and so does Ctrl-C. What is not known for another reason (no time, a host that
failed, a range that cannot be checked) lets it through, and is said and recorded.
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.edge import hook_place, hook_record
from orchestrator.edge.attached import run_attached, run_unseen
from orchestrator.edge.patch_commit import commit_of
from orchestrator.edge.push_ranges import ranges
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.hooks import Answer, Checked, Place, PushedRange
from orchestrator.parse.presubmitted import Marks, read_marks
from orchestrator.plan.pushed import read_refs

LEAST_S = 2.0  # of time left, or nothing is begun
GRACE = 1.25  # times its time, and it is ended by us; GRACE_S more at least
GRACE_S = 3.0

Say = Callable[[str], None]
Run = Callable[[list[str], Path, float], int | None]


def check_push(
    top: Path, lines: str, budget_s: float, orchestrate: tuple[str, ...], say: Say
) -> Iterator[Checked]:
    """Each range that a push brings, one after the other, within budget_s in all. say: gets a line
    before each check.

    Raises UsageError for lines that are not git's, InfrastructureError, KeyboardInterrupt.
    """
    until = time.monotonic() + budget_s
    for pushed in ranges(top, read_refs(lines)):
        refs = ", ".join(pushed.refs)
        if not pushed.base:
            answer = Answer.UNCHECKED if pushed.unknown else Answer.NOTHING
            yield Checked(refs, answer, pushed.why)
            continue
        what = f"{refs}: {_count(pushed)}, {pushed.span}"
        say(f"checks {what}")
        left_s = until - time.monotonic()
        yield _presubmit(top, pushed.base, pushed.head, what, left_s, orchestrate, run_attached)


def check_patch(top: Path, patch: bytes, budget_s: float, orchestrate: tuple[str, ...]) -> Checked:
    """The commit of HEAD's history that a mail's patch is. Raises KeyboardInterrupt."""
    commit = commit_of(top, patch)
    if not commit:
        return Checked("this patch", Answer.UNCHECKED, "no commit here has this change")
    what = commit[:12]
    return _presubmit(top, f"{commit}^", commit, what, budget_s, orchestrate, run_unseen)


def place_of(folder: Path) -> Place:
    """Raises UsageError if folder is in no checkout of a kernel."""
    return hook_place.find(folder)


def note(place: Place, hook: str, word: str, what: str, why: str = "") -> None:
    """Into the log that `hooks status` shows."""
    hook_record.note(place.ours, hook, word, what, why)


def _count(pushed: PushedRange) -> str:
    return "1 commit" if pushed.commits == 1 else f"{pushed.commits} commits"


def _presubmit(
    top: Path,
    base: str,
    head: str,
    what: str,
    left_s: float,
    orchestrate: tuple[str, ...],
    run: Run,
) -> Checked:
    if left_s < LEAST_S:
        return Checked(what, Answer.UNCHECKED, "the time was over")
    with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
        file = Path(folder) / "presubmit.json"
        budget = f"{max(1, int(left_s))}s"
        argv = [*orchestrate, "presubmit", "--quick", "--no-work-tree", "--budget", budget]
        argv += ["--tree", str(top), "--json", str(file), f"{base}..{head}"]
        try:
            status = run(argv, top, max(GRACE * left_s, left_s + GRACE_S))
        except OrchestrateError as error:
            return Checked(what, Answer.UNCHECKED, error.message)
        text = file.read_text(errors="replace") if file.is_file() else ""
    return answered(what, status, read_marks(text) if text else None)


_STOPPED = (130, -signal.SIGINT, -signal.SIGTERM)
_WHY = {
    None: "it took too long and was ended",
    0: "what was checked it did not say",
    1: "nothing was red, and nothing proven",
    2: "presubmit cannot check this",
    3: "the host failed, or we did: nothing is known of the kernel",
}


def answered(what: str, status: int | None, marks: Marks | None) -> Checked:
    """What presubmit's end means. status: None if it took too long. marks: None if it wrote none.

    Red stays red, however it ended; and green is only what it calls so, and says it checked.
    """
    red, left = (marks.red, marks.left) if marks else ((), ())
    if status in _STOPPED:
        return Checked(what, Answer.STOPPED, "presubmit was interrupted", left, red)
    if red or (status == 1 and (marks is None or not left)):
        return Checked(what, Answer.RED, "", left, red)
    if status == 0 and marks and marks.green:
        return Checked(what, Answer.GREEN, "", left)
    return Checked(what, Answer.UNCHECKED, _WHY.get(status, f"exit status {status}"), left)
