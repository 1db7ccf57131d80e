# SPDX-License-Identifier: GPL-2.0-only
"""What can be said of a step without running it: checkpatch, and warnings its parent has not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.config.patch_spec import CommitRange
from orchestrator.edge import extra_warnings, rundir
from orchestrator.edge.checkpatch import GitDir, run_checkpatch
from orchestrator.edge.commits import format_patches
from orchestrator.edge.extra_warnings import Looked, look, users_of
from orchestrator.judge.presubmit import fresh, of_checkpatch, of_warnings
from orchestrator.model.job import BuiltKernel
from orchestrator.model.presubmit import NO_C_FILE, Mark, Sort, left_out, nothing
from orchestrator.model.progress import silent
from orchestrator.parse.checkpatch import checkpatch
from orchestrator.workflow.presubmit_job import TIME
from orchestrator.workflow.presubmit_kernels import Kernels
from orchestrator.workflow.presubmit_range import Planned, Range

MAIL = "mail.patch"
DIFF = "working-tree.patch"


def paper(step: Planned, found: Range, kernels: Kernels, where: GitDir, *, strict: bool) -> Mark:
    """checkpatch on the mail as git would format it; on the diff of what is not committed.

    Raises UsageError, InfrastructureError.
    """
    if step.sort is Sort.MERGE:
        return nothing("a merge: git send-email does not send it")
    if step.sort is Sort.EMPTY:
        return nothing("changes nothing: git send-email does not send it")
    folder = kernels.folder(step.number)
    if step.sort is Sort.WORKING_TREE:
        assert found.changes
        patch = rundir.write(folder, DIFF, found.changes.diff)
    else:
        mail = format_patches(CommitRange("", step.name), found.repository, silent)
        partial = folder / f".{MAIL}"
        partial.write_bytes(mail)
        patch = partial.rename(folder / MAIL)
    tree = kernels.tree(found.steps[-1].number, silent)
    told = run_checkpatch(tree.path, patch, where, mail=step.sort is not Sort.WORKING_TREE)
    if told is None:
        return nothing("the tree has no scripts/checkpatch.pl")
    status, output = told
    rundir.write(folder, "checkpatch.txt", output)
    remarks = checkpatch(output.splitlines())
    return of_checkpatch(remarks, status, output, strict=strict, patch=patch.name)


@dataclass
class Warned:
    """What W=1 and sparse say of one step, beside its parent. looked: files that were compiled.
    asked: were compilers asked at all? extra, sparse: in that way, of all of them, and did they
    answer?"""

    new: tuple[str, ...] = ()
    looked: int = 0
    asked: bool = False
    extra: bool = False
    sparse: bool = False
    notes: tuple[str, ...] = ()


@dataclass
class Compilers:
    """Compiles files of steps with the commands of one kernel, each once."""

    kernels: Kernels
    kernel: BuiltKernel
    sparse: bool = field(default_factory=extra_warnings.has_sparse)
    _flags: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    _asked: bool = False
    _seen: dict[tuple[Path, str], Looked | None] = field(default_factory=dict)

    def warned(self, step: Planned) -> Warned:
        """Of the files it changes, and of some that include headers it changes."""
        if step.files is None:
            return Warned(asked=True, notes=("which files it changes is not known",))
        c_files = [path for path in step.files if path.endswith(".c")]
        headers = [path for path in step.files if path.endswith(".h")]
        users = [path for path in users_of(self.kernel, headers) if path not in c_files]
        some = users[: extra_warnings.MOST_USERS]
        notes = []
        if len(users) > len(some):
            notes.append(f"{len(users) - len(some)} more files include its headers")
        new: list[str] = []
        looked, absent, quiet = 0, [], ""
        for file in (*c_files, *some):
            own = self._look(step.number, file)
            if own is None:
                absent.append(file)
                continue
            looked += 1
            quiet = quiet or own.sparse
            if not own.broken:
                new += fresh(self._before(step.number, file), own.warnings)
        if absent:
            notes.append(f"not part of this kernel: {', '.join(absent[:3])}")
        if quiet:
            notes.append(quiet)
        if looked and not self._flags[1]:
            notes.append("no W=1: this tree does not tell what that adds")
        extra, sparse = bool(looked and self._flags[1]), bool(looked and self.sparse and not quiet)
        return Warned(tuple(dict.fromkeys(new)), looked, True, extra, sparse, tuple(notes))

    def _before(self, number: int, file: str) -> tuple[str, ...]:
        """Of the nearest step below that compiles; () for a file that was not there."""
        for ancestor in self.kernels.ancestors(number):
            earlier = self._look(ancestor, file)
            if earlier is None:
                break
            if not earlier.broken:
                return earlier.warnings
        return ()

    def _look(self, number: int, file: str) -> Looked | None:
        tree = self.kernels.tree(number, silent).path
        if (tree, file) not in self._seen:
            if not self._asked:
                self._flags, self._asked = extra_warnings.extra_flags(self.kernel), True
            self._seen[tree, file] = look(self.kernel, tree, file, self._flags, sparse=self.sparse)
        return self._seen[tree, file]


def warnings_mark(step: Planned, warned: Warned, kernels: Kernels) -> Mark:
    """All of it, with what the builds themselves said. Of a step that was not built, compilers may
    have said enough."""
    ways = [way for way, there in (("W=1", warned.extra), ("sparse", warned.sparse)) if there]
    files = "1 file" if warned.looked == 1 else f"{warned.looked} files"
    looked = f"{' and '.join(ways)} of {files}" if ways else NO_C_FILE
    if not ways and (warned.looked or step.files is None):
        looked = f"no W=1 of {files}"
    own = kernels.built(step.number)
    if own is None or not warned.asked:
        if warned.new:
            return of_warnings(warned.new, looked, warned.notes)
        return left_out("it does not build" if step.number in kernels.broken else TIME)
    lower = map(kernels.built, kernels.ancestors(step.number))
    below = next(filter(None, lower), None)
    new = list(warned.new)
    notes = list(warned.notes)
    if below is None:
        notes.append("no step below was built: the rest of the build is not compared")
    else:
        known = {text.partition(": ")[2] for text in new}
        built = fresh(_plain(below.kernel.warnings), _plain(own.kernel.warnings))
        new += [text for text in built if text.partition(": ")[2] not in known]
    return of_warnings(new, f"{looked}, and the build's", notes)


def _plain(warnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.removeprefix("../") for text in warnings)
