# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate`: the commands, found when they are asked for, and the edge where errors end."""

from __future__ import annotations

import gc
import signal
import sys

import click

from orchestrator import __version__
from orchestrator.cli.lazy import lazy_group
from orchestrator.model.errors import OrchestrateError

# Objects between two searches for cycles. We make few cycles and many objects: at Python's own
# pace (700), the searches take a fifth of the time that reading a run's channels does.
GC_EVERY = 50_000

# Command → (module, one line). The module is imported when the command is called, so that
# `--help` costs nothing of what `boot` needs.
COMMANDS = {
    "boot": ("orchestrator.cli.boot", "Build a kernel and the suites, boot them, give a verdict."),
    "shell": ("orchestrator.cli.shell", "Boot a kernel and talk with its guest."),
    "ssh": ("orchestrator.cli.ssh", "Open a shell, or run a command, in a guest that runs."),
    "cp": ("orchestrator.cli.cp", "Copy files to and from a guest that runs."),
    "compare": ("orchestrator.cli.compare", "Say what a patch changes, by runs of both kernels."),
    "series": ("orchestrator.cli.series", "Boot after every patch; say where failures start."),
    "presubmit": ("orchestrator.cli.presubmit", "Check commits before they are sent."),
    "bisect": ("orchestrator.cli.bisect", "Find the commit that broke it, flaky or not."),
    "shrink": ("orchestrator.cli.shrink", "Find the smallest setup that fails as a run did."),
    "hooks": ("orchestrator.cli.hooks", "Check each push, and each patch in b4."),
    "nightly": ("orchestrator.cli.nightly", "Run a matrix of kernels and machines every night."),
    "judge": ("orchestrator.cli.judge", "Repeat the verdict of a run from its directory."),
    "why": ("orchestrator.cli.why", "Explain a verdict, an option, or what was built anew."),
    "report": ("orchestrator.cli.report", "Make a page of a run, or a trace for Perfetto's UI."),
    "autopsy": ("orchestrator.cli.autopsy", "Show what was seen in a guest that hung or crashed."),
    "gdb": ("orchestrator.cli.gdb", "Boot the machine of a run again, with gdb on its kernel."),
    "record": ("orchestrator.cli.record", "Record a run's failure, for gdb to go back from it."),
    "drgn": ("orchestrator.cli.drgn", "Look with drgn at the memory of a run's guest."),
    "parse": ("orchestrator.cli.parse", "Parse kernel logs, test results and traces."),
    "list": ("orchestrator.cli.listing", "Show configurations, topologies and suites."),
    "doctor": (
        "orchestrator.cli.doctor",
        "Show what this host has, and how KVM and sandbox fared.",
    ),
    "completion": ("orchestrator.cli.completion", "Print what makes the Tab key complete this."),
    "clean": ("orchestrator.cli.clean", "Drop cached kernels, trees and old runs."),
}

EPILOG = """\b
Start with:
  orchestrate doctor
  orchestrate boot --config numa
  orchestrate boot --config numa --tree ~/linux --topology memoryless
\b
What a tree's build runs, and QEMU, run in a sandbox (bubblewrap) where the host
lets them; ORCHESTRATE_SANDBOX=always insists on it, =never does without.
\b
Exit codes: 0 proven green; 1 the kernel under test is not green (patch or build
broken included); 2 wrong usage; 3 infrastructure; 130 interrupted."""


@click.command(
    cls=lazy_group(COMMANDS),
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="orchestrate")
def cli() -> None:
    """Boot a patched Linux kernel on a virtual NUMA machine and say what is true of the patch."""


def main() -> None:
    """Entry point; every failure ends here in a line or two and a documented exit code."""
    gc.set_threshold(GC_EVERY)
    # SIGTERM takes the same way out as Ctrl-C: processes and partial files are cleaned up.
    for number in _ENDING:
        signal.signal(number, _interrupt)
    try:
        code = cli.main(prog_name="orchestrate", standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption) and error.option_name in _OF_BOOT:
            print(f"  only orchestrate boot takes {error.option_name} so far", file=sys.stderr)
        code = error.exit_code
    except OrchestrateError as error:
        say_error(error)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("orchestrate: interrupted; nothing is left running", file=sys.stderr)
        code = 130
    except OSError as error:
        # The disk filled up, a directory vanished: the host's failure, in one line.
        where = f" {error.filename}" if error.filename else ""
        print(f"orchestrate: {error.strerror or error}:{where}", file=sys.stderr)
        code = 3
    sys.exit(code if isinstance(code, int) else 0)


# What one may expect of compare, series, bisect and others as well.
_OF_BOOT = ("--kunit", "--kselftest", "--insmod")
_ENDING = (signal.SIGINT, signal.SIGTERM)


def _interrupt(_signal: int, _frame: object) -> None:
    """The first one ends us; a second one would end the cleaning up, which takes 2 s at most for
    processes that do not heed SIGTERM."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def say_error(error: OrchestrateError) -> None:
    """What and where; what to do; where more is written. Names in it may be an attacker's."""
    from orchestrator.report.clean import clean

    said = [f"orchestrate: {error.message}", *([f"  {error.hint}"] if error.hint else ())]
    for line in "\n".join(said).split("\n"):
        print(clean(line), file=sys.stderr)
    if error.log and error.log.exists():
        print(f"  log: {error.log}", file=sys.stderr)
