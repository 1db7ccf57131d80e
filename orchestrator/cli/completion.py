# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate completion"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

EPILOG = """\b
  bash   orchestrate completion bash > ~/.local/share/bash-completion/completions/orchestrate
  zsh    orchestrate completion zsh > ~/.zfunc/_orchestrate    # a folder of your $fpath
  fish   orchestrate completion fish > ~/.config/fish/completions/orchestrate.fish
Or for this shell only: eval "$(orchestrate completion bash)\""""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script that makes SHELL complete commands, options, configurations, topologies,
    suites and runs."""
    from orchestrator.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "orchestrate", "_ORCHESTRATE_COMPLETE").source())
