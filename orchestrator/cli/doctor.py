# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate doctor"""

from __future__ import annotations

import click


@click.command("doctor")
def command() -> int:
    """Show what this host has, lacks, and how KVM and the sandbox fared.

    KVM is tried by running a small 64-bit guest on it, the sandbox by running a command in
    it. Exit code 3 if something required
    is missing.
    """
    from orchestrator.edge import accelerator, host, sandbox, toolchain
    from orchestrator.edge.store import Store, cache_root, runs_root

    missing = []
    for found in host.survey():
        need = found.need
        if found.where:
            mark, text = click.style("ok     ", fg="green"), found.version or found.where
        elif need.required:
            mark, text = click.style("MISSING", fg="red"), f"{need.purpose}: {need.package}"
            missing.append(need.package)
        else:
            mark, text = click.style("absent ", fg="yellow"), f"{need.purpose}: {need.package}"
        click.echo(f"{mark} {need.name:<20} {text}")
    store = Store(cache_root())
    click.echo(f"cache   {store.root}")
    click.echo(f"runs    {runs_root()}")
    if missing:
        click.echo(f"install: apt-get install {' '.join(missing)}", err=True)
        return 3
    contained = sandbox.found()
    click.echo(f"sandbox {contained.name}: {contained.reason}")
    tools = toolchain.asked(None)
    if tools.llvm:
        click.echo(f"LLVM    {tools.llvm}: clang {toolchain.compiler_version(tools.tool('gcc'))}")
    machine = accelerator.choose("auto", store)
    click.echo(f"accel   {machine.name}: {machine.reason}")
    return 0
