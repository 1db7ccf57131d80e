# SPDX-License-Identifier: GPL-2.0-only
"""virtme-ng beside us: the same kernel, the same nodes, both without KVM."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench_commands import BOOT, Bench, cold_option, document, interleaved, run, timed
from figures import Ratio, Section, Series

FASTER = 4.0  # at least so many times
CONFIG = f"numa,{Path(__file__).with_name('virtme.config')}"
NODES, NODE_MIB = 4, 128  # as in numa4
TOPOLOGY = "numa4"
TITLE = "virtme-ng"


def measure(bench: Bench) -> Section:
    """Ours builds the kernel if the store has not got it, which takes minutes."""
    vng = shutil.which("vng", path=str(Path(sys.executable).parent)) or shutil.which("vng")
    if vng is None:
        return skipped("virtme-ng is not installed: pip install -e '.[bench]'")
    run_dir = bench.folder / "virtme"
    command = (*BOOT[:-1], CONFIG, "--topology", TOPOLOGY)
    run((*command, *cold_option(), "--run-dir", str(run_dir)))
    ours = vmlinux(run_dir)
    release = document(run_dir)["kernel_release"]
    run(vng_argv(vng, ours))  # tells at once if it cannot
    sides = {
        "boot": timed(command),
        "boot, one suite": timed((*command, "--suite", "create")),
        "virtme-ng": timed(vng_argv(vng, ours)),
    }
    sides |= {f"virtme-ng, {image.name}": _checked(vng, image) for image in bench.kernels}
    took = interleaved(bench.runs, sides)
    ratios = [
        Ratio(f"boot, times faster than {name}", values, took["boot"], FASTER, at_least=True)
        for name, values in took.items()
        if name.startswith("virtme-ng")
    ]
    return Section(
        "virtme",
        TITLE,
        f"Whole commands on {NODES} nodes with one vCPU each, kernel {release} with "
        "tests/bench/virtme.config: ours runs the suites, virtme-ng (--disable-kvm) runs `true`.",
        tuple(Series(name, values) for name, values in took.items()),
        tuple(ratios),
        notes=() if bench.kernels else ("not measured: a kernel of its own configuration "
                                        "(--virtme-kernel IMAGE)",),
    )  # fmt: skip


def skipped(why: str) -> Section:
    return Section("virtme", TITLE, "Not measured.", notes=(why,))


def vng_argv(vng: str, image: Path) -> tuple[str, ...]:
    """The same nodes as numa4, and no work at all in the guest."""
    nodes = [f"--numa={NODE_MIB}M,cpus={node}" for node in range(NODES)]
    size = (f"--cpus={NODES}", f"--memory={NODES * NODE_MIB}M", *nodes)
    return (vng, "--run", str(image), "--disable-kvm", *size, "--exec", "true")


def vmlinux(run_dir: Path) -> Path:
    """The image a run booted, by its replay script."""
    for line in (run_dir / "replay.sh").read_text().splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "-kernel":
            return Path(rest.removesuffix(" \\").strip("'\""))
    raise ValueError(f"{run_dir}/replay.sh boots no kernel")


def _checked(vng: str, image: Path) -> Callable[[], float]:
    return timed(vng_argv(vng, image.resolve()))
