# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly worker"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from orchestrator.cli.cluster_options import require_dask, tls, tls_options

EPILOG = """\b
Examples, on one machine:
  dask scheduler --host 127.0.0.1
  orchestrate nightly worker tcp://127.0.0.1:8786
  orchestrate nightly run nightly.toml --cluster tcp://127.0.0.1:8786
\b
Exit codes: 0 told to end, or the scheduler ended; 2 usage; 3 no scheduler, or refused.
docs/cluster.md has TLS, Slurm and Kubernetes."""


@click.command("worker", epilog=EPILOG)
@click.argument("scheduler", metavar="SCHEDULER")
@click.option("--slots", type=click.IntRange(min=1), metavar="N",
              help="Boots at a time; by default as many as there are cores.")  # fmt: skip
@click.option("--memory", type=click.IntRange(min=1), metavar="MIB",
              help="For machines; by default what is available.")  # fmt: skip
@click.option("--builds/--no-builds", default=True, help="Build kernels, too; the default.")
@click.option("--name", default="", metavar="NAME", help="As the scheduler shows it.")
@tls_options
def command(
    scheduler: str,
    slots: int | None,
    memory: int | None,
    builds: bool,
    name: str,
    **files: Any,
) -> int:
    """Build and boot for nights that run with --cluster.

    Says how many slots and how much memory there are, and whether a guest has just run on
    KVM. A machine whose orchestrate, QEMU or other tools are not those of the night is
    refused, in a line that says what differs.
    """
    require_dask()
    from orchestrator.edge import accelerator, host
    from orchestrator.edge.cluster.address import checked, security
    from orchestrator.edge.cluster.worker import serve
    from orchestrator.edge.memory import available_mib
    from orchestrator.edge.store import Store, cache_root
    from orchestrator.edge.sweep import sweep
    from orchestrator.model.cluster import Offer
    from orchestrator.model.progress import silent
    from orchestrator.report.clean import clean

    certificates = tls(**files)
    address = checked(scheduler, certificates)
    security(certificates)
    host.require()
    store = Store(cache_root())
    sweep(store, silent)
    kvm = accelerator.choose("auto", store).name == "kvm"
    offer = Offer(slots or os.cpu_count() or 1, memory or available_mib(), kvm, builds)
    serve(address, offer, certificates, name, lambda line: print(clean(line), file=sys.stderr))
    return 0
