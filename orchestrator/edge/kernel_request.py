# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel is asked for by, and its key."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config.fragments import allconfig
from orchestrator.edge.fingerprint import digest, file_digest, tool_versions, toolchain_digest
from orchestrator.edge.patching import patch_digest
from orchestrator.edge.process import run
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.inputs import Input
from orchestrator.model.job import KernelConfig, Tree
from orchestrator.plan.make import NEEDED

_LAYOUT = "4"  # part of every key: raise it when what an entry is changes
_OBJECTS = "3"  # and when the objects of earlier ones are of no use


class KernelRequest(Struct, frozen=True):
    """What one kernel depends on. jobs: make -j; any_config: start from objects of another
    configuration where there are none of this one. Neither changes the result."""

    tree: Tree
    config: KernelConfig
    patches: tuple[Path, ...] = ()
    make_variables: tuple[str, ...] = ()
    jobs: int = 0
    any_config: bool = False


def kernel_key(request: KernelRequest) -> str:
    """The content key: tree state, patches, configuration, toolchain."""
    return digest(
        _LAYOUT,
        request.tree.key,
        patch_digest(request.patches),
        allconfig(request.config),
        toolchain_digest(request.config.toolchain.named),
        *(f"{name} {version}" for name, version in _asked_for(request.config)),
        *request.make_variables,
    )


def kernel_inputs(request: KernelRequest) -> tuple[Input, ...]:
    """What kernel_key() is made of, by name, for people."""
    return (
        Input("layout", "", _LAYOUT),
        Input("tree", "", request.tree.key),
        *(Input("patches", path.name, file_digest(path)) for path in request.patches),
        *(Input("configuration", each.name, each.value) for each in request.config.options),
        *(Input("toolchain", *each) for each in tool_versions(request.config.toolchain.named)),
        *(Input("toolchain", *each) for each in _asked_for(request.config)),
        *(Input("make variables", "", each) for each in request.make_variables),
    )


def family(config: KernelConfig) -> str:
    """What kernels have in common whose objects fit together: configuration and toolchain."""
    return digest(_OBJECTS, allconfig(config), toolchain_digest(config.toolchain.named))


def unpatched_keys(request: KernelRequest) -> tuple[str, ...]:
    """Of the same tree without patches, with and without make variables."""
    unpatched = replace(request, patches=())
    plain = replace(unpatched, make_variables=())
    return tuple(dict.fromkeys(map(kernel_key, (unpatched, plain))))


def _asked_for(config: KernelConfig) -> Iterator[tuple[str, str]]:
    """(program, version) of those that options of it bring in; "" if it is not there."""
    on = {option.name for option in config.options if option.value == "y"}
    for option, programs in NEEDED.items():
        for program in programs if option in on else ():
            yield program, _version(program)


@functools.cache
def _version(program: str) -> str:
    # In a folder without rust-toolchain.toml, which could have rustup fetch another one.
    try:
        done = run([program, "--version"], cwd=Path("/"), timeout_s=60)
    except InfrastructureError:
        return ""
    return done.output.partition("\n")[0].strip() if done.returncode == 0 else ""
