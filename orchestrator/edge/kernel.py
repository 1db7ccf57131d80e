# SPDX-License-Identifier: GPL-2.0-only
"""Configures and builds kernels, and keeps them by content.

An entry kernels/<key>/ holds src/, the sources as built (hard links to the tree, except what
patches replaced), and src/build/, the objects. A patched kernel starts from the objects of
the unpatched one, so that it costs what the patch touches. For that, both are built at one
path, building/<base key>/: objtool's makefiles record absolute paths, and everything is made
again when objtool is.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config.fragments import allconfig, lost, read_dotconfig
from orchestrator.edge import process
from orchestrator.edge.build_progress import BuildWatch
from orchestrator.edge.derive import derive
from orchestrator.edge.fingerprint import digest, toolchain_digest
from orchestrator.edge.kconfig_why import unmet
from orchestrator.edge.patching import apply_patches, patch_digest
from orchestrator.edge.store import Store, need_space
from orchestrator.model import rundir
from orchestrator.model.errors import BuildBroken, UsageError
from orchestrator.model.job import BuiltKernel, KernelConfig, Tree
from orchestrator.model.progress import Note, Progress, StageDone, StageStarted
from orchestrator.plan import make

OBJ = "build"
NEED_MIB = 1500  # objects of a debug configuration, and room to link
_LAYOUT = "3"  # part of every key: raise it when an entry's layout changes


@dataclass(frozen=True)
class KernelRequest:
    """What one kernel depends on. jobs: make -j, does not change the result."""

    tree: Tree
    config: KernelConfig
    patches: tuple[Path, ...] = ()
    make_variables: tuple[str, ...] = ()
    jobs: int = 0


def kernel_key(request: KernelRequest) -> str:
    """The content key: tree state, patches, configuration, toolchain."""
    return digest(
        _LAYOUT,
        request.tree.key,
        patch_digest(request.patches),
        allconfig(request.config),
        toolchain_digest({"CC": "gcc", "ARCH": "x86_64"}),
        *request.make_variables,
    )


def build_kernel(
    request: KernelRequest, store: Store, log: Path, progress: Progress
) -> BuiltKernel:
    """The built kernel, from the store or made now; `log` gets the whole build log.

    Raises PatchBroken, BuildBroken (with the first compiler errors), UsageError for a lost
    option, InfrastructureError for the host's failures.
    """
    key = kernel_key(request)
    start = time.monotonic()
    progress(StageStarted("build", f"{request.tree.release} {request.config.label}"))

    def make_entry(entry: Path) -> None:
        need_space(entry, NEED_MIB, "a kernel build")
        base = kernel_key(replace(request, patches=(), make_variables=()))
        with store.lock(f"building/{base}", progress):
            work = store.folder("building") / base
            shutil.rmtree(work, ignore_errors=True)  # left by one that was killed
            try:
                _build(request, base, work, store, log, progress)
                work.rename(entry)
            finally:
                shutil.rmtree(work, ignore_errors=True)

    entry, cached = store.entry("kernels", key, make_entry, progress)
    kernel = _load(key, entry, cached)
    if cached:
        shutil.copyfile(kernel.log, log)
    detail = f"{kernel.release}, {len(kernel.warnings)} warnings"
    progress(StageDone("build", time.monotonic() - start, cached, detail))
    return kernel


def _load(key: str, entry: Path, cached: bool) -> BuiltKernel:
    facts = json.loads((entry / "kernel.json").read_text())
    obj = entry / "src" / OBJ
    return BuiltKernel(
        key=key,
        release=facts["release"],
        src=entry / "src",
        obj=obj,
        vmlinux=obj / "vmlinux",
        config=obj / ".config",
        log=entry / rundir.BUILD_LOG,
        cached=cached,
        warnings=tuple(facts["warnings"]),
    )


def _build(
    request: KernelRequest, base: str, work: Path, store: Store, log: Path, progress: Progress
) -> None:
    src = work / "src"
    derive(request.tree.path, src)
    apply_patches(src, request.patches, log)
    relative = _inherit_objects(_relatives(request, store), src, progress)
    (src / OBJ).mkdir(exist_ok=True)
    jobs = request.jobs or os.cpu_count() or 1
    _configure(request, src, log)
    lines = _make(request, src, jobs, log, progress)
    release = (src / OBJ / "include/config/kernel.release").read_text().strip()
    facts = {
        "release": release,
        "warnings": make.warnings([*_known_warnings(request, relative), *lines]),
        "tree": request.tree.origin,
        "config": request.config.label,
        "patches": [path.name for path in request.patches],
    }
    (work / "kernel.json").write_text(json.dumps(facts, indent=1))
    shutil.copyfile(log, work / rundir.BUILD_LOG)


def _relatives(request: KernelRequest, store: Store) -> list[Path]:
    """Objects to start from, the nearest first: unpatched, and unpatched without variables."""
    nearer = (replace(request, patches=()), replace(request, patches=(), make_variables=()))
    keys = dict.fromkeys(map(kernel_key, nearer))
    return [store.folder("kernels") / key / "src" / OBJ for key in keys]


def _inherit_objects(relatives: list[Path], src: Path, progress: Progress) -> Path | None:
    """Start from the objects of a kernel that is nearly the same; its entry, if there is one."""
    for objects in filter(Path.is_dir, relatives):
        process.check(["cp", "-a", "--reflink=auto", str(objects), str(src / OBJ)])
        progress(Note("building on the unpatched kernel's objects"))
        return objects.parents[1]
    return None


def _known_warnings(request: KernelRequest, relative: Path | None) -> list[str]:
    """Warnings of objects that were not compiled now. With patches they may be about lines that
    are gone, so those are left out."""
    if relative is None or request.patches:
        return []
    return list(json.loads((relative / "kernel.json").read_text())["warnings"])


def compiler() -> str:
    """The CC= value: gcc through ccache where that is installed."""
    return "ccache gcc" if shutil.which("ccache") else "gcc"


def _configure(request: KernelRequest, src: Path, log: Path) -> None:
    wanted = src / OBJ / "asked.config"
    wanted.write_text(allconfig(request.config))
    argv = make.kernel_argv(str(src), OBJ, 1, compiler(), ("allnoconfig",))
    done = process.run(
        argv, env={**make.STABLE_ENV, "KCONFIG_ALLCONFIG": str(wanted)}, log=log, timeout_s=600
    )
    if done.returncode != 0:
        errors = make.first_errors(done.output.splitlines())
        raise BuildBroken("make allnoconfig failed", log=log, errors=errors)
    missing = lost(request.config, read_dotconfig((src / OBJ / ".config").read_text()))
    if missing:
        first = missing[0]
        reasons = unmet(src, OBJ, [option.name for option in missing])
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise UsageError(
            f"{first.name}={first.value} ({first.file}:{first.line}) did not survive into "
            f".config{more}",
            "; ".join(f"{name}: {why}" for name, why in reasons),
            log=log,
        )


def _make(request: KernelRequest, src: Path, jobs: int, log: Path, progress: Progress) -> list[str]:
    targets = (*request.make_variables, "vmlinux", "modules")
    argv = make.kernel_argv(str(src), OBJ, jobs, compiler(), targets)
    watch = BuildWatch(progress)
    done = process.run(argv, env=make.STABLE_ENV, log=log, on_line=watch.line)
    lines = done.output.splitlines()
    if done.returncode != 0:
        errors = make.first_errors(lines)
        hint = "the whole log has more"
        raise BuildBroken(f"the kernel does not build: {make.headline(errors)}", hint, log, errors)
    return lines
