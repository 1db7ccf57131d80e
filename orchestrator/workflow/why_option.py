# SPDX-License-Identifier: GPL-2.0-only
"""Why an option of Kconfig has its value, in a configuration or in a run."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestrator.config import fragments
from orchestrator.edge import kbuild, kconfig_why, toolchain
from orchestrator.edge.derive import derive
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.kernel import load
from orchestrator.edge.kernel_request import KernelRequest, kernel_key
from orchestrator.edge.store import Store
from orchestrator.judge.why_option import why_option
from orchestrator.model import rundir as names
from orchestrator.model.arch import DEFAULT, named
from orchestrator.model.errors import UsageError
from orchestrator.model.job import KernelConfig, Tree
from orchestrator.model.progress import Note, Progress
from orchestrator.model.toolchain import Toolchain
from orchestrator.model.why import Asked, KconfigSays, WhyOption
from orchestrator.report.document import read_document


def why_in_config(
    name: str, spec: str, tree: Tree, again: str, store: Store, progress: Progress
) -> WhyOption:
    """name: with CONFIG_; spec: as --config has it. The tree is configured if no kernel of this
    configuration is in the store; nothing is built. Raises BuildBroken, InfrastructureError."""
    config = fragments.combine(spec, toolchain.asked(None))
    with _sources(config, tree, store, progress) as (src, dotconfig):
        says, defined = _ask(src, name, config.toolchain)
    value = fragments.read_dotconfig(dotconfig).get(name, "n")
    of = f"{config.label} of {tree.origin}"
    return why_option(name, of, value, _asked(name, spec), says, defined, again)


def why_in_run(name: str, run_dir: Path, store: Store) -> WhyOption:
    """As the kernel of a run was configured. Its Kconfig can be asked only if it is in the store.
    UsageError if the run has no configuration."""
    try:
        run = read_document((run_dir / names.RUN).read_text())
        dotconfig = (run_dir / names.DOTCONFIG).read_text(errors="replace")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{run_dir} has no configuration: {error}", "give --config LIST, and the tree"
        ) from error
    says: KconfigSays | None = None
    defined: tuple[str, ...] = ()
    key = dict(run.keys).get("kernel", "")
    try:
        src = load(store, key).src if key else None
    except (OSError, ValueError, LookupError):
        src = None
    if src:
        says, defined = _ask(src, name, Toolchain(named(run.arch), run.llvm))
    value = fragments.read_dotconfig(dotconfig).get(name, "n")
    of = f"the run {run_dir.name} ({run.config} of {run.tree})"
    spec = _option_of(run.command, "--config") or run.config.replace("+", ",")
    return why_option(name, of, value, _asked_if_there(name, spec, run.arch), says, defined)


@contextmanager
def _sources(
    config: KernelConfig, tree: Tree, store: Store, progress: Progress
) -> Iterator[tuple[Path, str]]:
    """(sources with objects in OBJ, configured; the .config)."""
    key = kernel_key(KernelRequest(tree, config))
    try:
        kernel = load(store, key)
        yield kernel.src, kernel.config.read_text(errors="replace")
        return
    except (OSError, ValueError, LookupError):
        progress(Note("no kernel of this configuration is in the store: configuring the tree"))
    # Under the lock of its name, edge/sweep.py leaves it alone, and removes it if we are killed.
    with store.lock(f"trees/why-{key}", progress):
        scratch = store.folder("trees") / f".why-{key}.{os.getpid()}.partial"
        src = scratch / "src"
        try:
            derive(tree.path, src)
            (src / OBJ).mkdir()
            kbuild.configured(config, src, scratch / names.BUILD_LOG)
            yield src, (src / OBJ / ".config").read_text(errors="replace")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _ask(src: Path, name: str, toolchain: Toolchain) -> tuple[KconfigSays | None, tuple[str, ...]]:
    bare = name.removeprefix("CONFIG_")
    with tempfile.TemporaryDirectory(prefix="orchestrate-why-") as scratch:
        says = kconfig_why.asked_parser(src, OBJ, bare, Path(scratch), toolchain)
    return says, kconfig_why.definitions(src, bare, toolchain.arch)


def _asked(name: str, spec: str, arch: str = DEFAULT) -> tuple[Asked, ...]:
    """Every fragment that asks for the option, in their order."""
    found: list[Asked] = []
    for path in fragments.files(spec):
        text = path.read_text(errors="replace")
        lines = text.splitlines()
        for option in fragments.read_fragment(path, text, arch):
            if option.name == name:
                reason = _comment_above(lines, option.line)
                found.append(Asked(option.file, option.line, option.value, reason, option.optional))
    return tuple(found)


def _asked_if_there(name: str, spec: str, arch: str) -> tuple[Asked, ...]:
    """The same; a fragment file may be gone since the run."""
    try:
        return _asked(name, spec, arch)
    except (UsageError, OSError):
        return ()


def _comment_above(lines: Sequence[str], number: int) -> str:
    """The comment over a line (from 1), joined; what of it is marks for us is left out."""
    words: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.startswith("# ") or line.startswith("# SPDX"):
            break
        words.insert(0, fragments.without_marks(line).removeprefix("# ").strip())
    return " ".join(filter(None, words))


def _option_of(command: Sequence[str], option: str) -> str:
    for word, after in zip(command, (*command[1:], ""), strict=True):
        if word == option:
            return after
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def again_options(spec: str, tree: str | None, source: str | None) -> str:
    """What `orchestrate why` was told besides the name, to be typed again."""
    given = (("--config", spec), ("--tree", tree), ("--source", source))
    return " ".join(f"{option} {shlex.quote(value)}" for option, value in given if value)
