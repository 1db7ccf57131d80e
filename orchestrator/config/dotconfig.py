# SPDX-License-Identifier: GPL-2.0-only
"""An end of a bisect over options: fragments by name, or somebody's .config with our base."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config import fragments
from orchestrator.config.assets import asset_dir
from orchestrator.model.arch import DEFAULT
from orchestrator.model.errors import UsageError
from orchestrator.model.job import KernelConfig, Option
from orchestrator.model.toolchain import GCC, Toolchain


class End(Struct, frozen=True):
    """label: what the user called it. config: what Kconfig is asked for; options of a file are
    optional there, as they may be of another tree. overruled: options of the base that the file
    wants otherwise, with its value."""

    label: str
    config: KernelConfig
    overruled: tuple[Option, ...] = ()


def read_end(spec: str, toolchain: Toolchain = GCC) -> End:
    """`numa,kasan`: as --config takes it. One file: whole or not, it is put under the base
    fragment, without which no suite runs. UsageError if it cannot be read."""
    named = [name.strip() for name in spec.split(",") if name.strip()]
    if len(named) != 1 or named[0] in fragments.shipped():
        return End(spec, fragments.combine(spec, toolchain))
    path = Path(named[0])
    if path.is_dir():
        raise UsageError(f"{path} is a directory", "name a .config in it")
    if not path.is_file():
        fragments.files(spec)  # says what it may have been
        raise UsageError(f"no configuration file {path}", "give a file, or a name from list")
    arch = toolchain.arch.name
    try:
        options = fragments.read_fragment(path, path.read_text(), arch)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the configuration {path}: {error}") from error
    if not options:
        raise UsageError(f"{path} sets no option", "a .config has lines like CONFIG_NUMA=y")
    base = {option.name: option for option in base_options(arch)}
    needed = {name: option for name, option in base.items() if not option.optional}
    asked = {option.name: replace(option, optional=True) for option in options}
    overruled = tuple(
        option
        for name, option in asked.items()
        if name in needed and option.value != needed[name].value
    )
    merged = {**base, **asked, **needed}
    config = KernelConfig((path.name,), tuple(merged.values()), toolchain.llvm, arch)
    return End(spec, config, overruled)


def base_options(arch: str = DEFAULT) -> tuple[Option, ...]:
    """Of the fragment that every configuration stands on."""
    path = asset_dir("kernel-configs") / f"{fragments.BASE}.config"
    return fragments.read_fragment(path, path.read_text(), arch)
