# SPDX-License-Identifier: GPL-2.0-only
"""make on a kernel tree with its objects inside: configured, and built.

make runs what the tree tells it to, so it runs in the sandbox: of the tree, which is hard links
to what other builds share, it may write to the objects only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestrator.config.fragments import allconfig, lost, read_dotconfig
from orchestrator.edge import sandbox
from orchestrator.edge.build_progress import BuildWatch
from orchestrator.edge.kconfig_why import unmet
from orchestrator.edge.kernel_request import KernelRequest
from orchestrator.edge.orphans import mark
from orchestrator.edge.outputs import check_plain
from orchestrator.edge.process import Completed
from orchestrator.edge.toolchain import check_age, programs
from orchestrator.model.errors import BuildBroken, InfrastructureError, UsageError
from orchestrator.model.job import KernelConfig, Option
from orchestrator.model.progress import Progress
from orchestrator.model.toolchain import GCC, Toolchain
from orchestrator.plan import make

OBJ = "build"


def compiler(toolchain: Toolchain = GCC) -> str:
    """The CC= value: gcc or clang, through ccache where that is installed."""
    program = toolchain.tool("gcc")
    return f"ccache {program}" if shutil.which("ccache") else program


def blame_host(lines: list[str], log: Path) -> None:
    """InfrastructureError if a build that failed says that the host is why."""
    why = make.host_fault(lines)
    if why:
        hint = "is there room on the disk, and memory? orchestrate clean makes room"
        raise InfrastructureError(f"a build failed, and not for its sources: {why}", hint, log)


def run_make(
    argv: Sequence[str],
    made: Path,
    inside: Path,
    log: Path,
    *,
    reads: Sequence[Path] = (),
    toolchain: Toolchain = GCC,
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """make, which may write to the folder `made` alone; what it left there is looked at. toolchain:
    whose programs it may call.

    inside: what links there may point to, and what is read; reads: more of that. Raises
    BuildBroken for files no build makes, InfrastructureError.
    """
    done = sandbox.run(
        argv,
        cwd=inside,
        reads=(inside, *reads),
        programs=programs(toolchain),
        writes=(made,),
        env={**make.STABLE_ENV, **(env or {})},
        log=log,
        timeout_s=timeout_s,
        on_line=on_line,
    )
    check_plain(made, inside)
    return done


def configure(config: KernelConfig, src: Path, log: Path) -> None:
    """Raises BuildBroken if the tree's Kconfig is, UsageError if an option is lost."""
    missing = configured(config, src, log)
    if missing:
        first = missing[0]
        reasons = unmet(src, OBJ, [option.name for option in missing], config.toolchain)
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise UsageError(
            f"{first.name}={first.value} ({first.file}:{first.line}) did not survive into "
            f".config{more}",
            "; ".join(f"{name}: {why}" for name, why in reasons),
            log=log,
        )


def configured(config: KernelConfig, src: Path, log: Path) -> tuple[Option, ...]:
    """Makes .config in src's objects; what of it was lost. Raises BuildBroken."""
    wanted = src / OBJ / "asked.config"
    wanted.write_text(allconfig(config))
    check_age(src, config.toolchain)
    targets = (*_unseen(config), "allnoconfig")
    argv = make.kernel_argv(str(src), OBJ, 1, compiler(config.toolchain), targets, config.toolchain)
    env = {"KCONFIG_ALLCONFIG": str(wanted)}
    done = run_make(argv, src / OBJ, src, log, toolchain=config.toolchain, env=env, timeout_s=600)
    if done.returncode != 0:
        errors = make.first_errors(done.output.splitlines())
        blame_host(done.output.splitlines(), log)
        raise BuildBroken("make allnoconfig failed", log=log, errors=errors)
    return lost(config, read_dotconfig((src / OBJ / ".config").read_text()))


def _unseen(config: KernelConfig) -> tuple[str, ...]:
    return make.unseen_tools((option.name, option.value) for option in config.options)


def build(
    src: Path, request: KernelRequest, log: Path, output: Path, progress: Progress
) -> list[str]:
    """vmlinux and modules, and the image that boots; what make printed. Raises BuildBroken.

    output: a file that gets what make prints, too, line by line.
    """
    config = request.config
    toolchain = config.toolchain
    targets = (*_unseen(config), *request.make_variables, toolchain.arch.target, "modules")
    jobs = request.jobs or os.cpu_count() or 1
    argv = make.kernel_argv(str(src), OBJ, jobs, compiler(toolchain), targets, toolchain)
    watch = BuildWatch(progress)
    with output.open("a", buffering=1) as copy:

        def heard(line: str) -> None:
            copy.write(f"{line}\n")
            watch.line(line)

        env = mark(src.parent)
        done = run_make(
            argv, src / OBJ, src, log, toolchain=config.toolchain, env=env, on_line=heard
        )
    lines = done.output.splitlines()
    if done.returncode != 0:
        blame_host(lines, log)
        errors = make.first_errors(lines)
        hint = "the whole log has more"
        raise BuildBroken(f"the kernel does not build: {make.headline(errors)}", hint, log, errors)
    return lines
