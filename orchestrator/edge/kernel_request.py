# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel is asked for by, and its key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config.fragments import allconfig
from orchestrator.edge.fingerprint import digest, file_digest, tool_versions, toolchain_digest
from orchestrator.edge.patching import patch_digest
from orchestrator.model.arch import named
from orchestrator.model.inputs import Input
from orchestrator.model.job import KernelConfig, Tree

_LAYOUT = "3"  # part of every key: raise it when an entry's layout changes


@dataclass(frozen=True)
class KernelRequest:
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
        _toolchain(request.config),
        *request.make_variables,
    )


def kernel_inputs(request: KernelRequest) -> tuple[Input, ...]:
    """What kernel_key() is made of, by name, for people."""
    return (
        Input("layout", "", _LAYOUT),
        Input("tree", "", request.tree.key),
        *(Input("patches", path.name, file_digest(path)) for path in request.patches),
        *(Input("configuration", each.name, each.value) for each in request.config.options),
        *(Input("toolchain", *each) for each in tool_versions(named(request.config.arch).tools)),
        *(Input("make variables", "", each) for each in request.make_variables),
    )


def family(config: KernelConfig) -> str:
    """What kernels have in common whose objects fit together: configuration and toolchain."""
    return digest(_LAYOUT, allconfig(config), _toolchain(config))


def unpatched_keys(request: KernelRequest) -> tuple[str, ...]:
    """Of the same tree without patches, with and without make variables."""
    unpatched = replace(request, patches=())
    plain = replace(unpatched, make_variables=())
    return tuple(dict.fromkeys(map(kernel_key, (unpatched, plain))))


def _toolchain(config: KernelConfig) -> str:
    return toolchain_digest(named(config.arch).tools)
