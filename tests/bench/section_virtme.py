# SPDX-License-Identifier: GPL-2.0-only
"""virtme-ng beside us: the same kernel, the same nodes, both without KVM."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bench_commands import (
    BOOT,
    Bench,
    CommandFailed,
    document,
    interleaved,
    run,
    timed,
)
from figures import Ratio, Section, Series

FASTER = 4.0  # at least so many times
CONFIG = f"numa,{Path(__file__).with_name('virtme.config')}"
NODES, NODE_MIB = 4, 128  # as in numa4
TOPOLOGY = "numa4"
TITLE = "virtme-ng"
OURS = ("one suite", "all suites")
# A kernel without CONFIG_BLOCK tries no root device but the one it is told; virtme-ng tells none.
ROOT = ("--append", "root=/dev/root")
# On a host without udevd, the guest finds no port to send its exit status through; vng then
# ends with 255, whatever came of it.
STATUS = (0, 255)
PROOF = "virtme-ng-init: script exited with code 0"  # in the kernel's log


def measure(bench: Bench) -> Section:
    """Ours builds the kernel if the store has not got it, which takes minutes."""
    vng = shutil.which("vng")
    if vng is None:
        return skipped("virtme-ng is not installed: pip install -e '.[bench]'")
    run_dir = bench.folder / "virtme"
    command = (*BOOT[:-1], CONFIG, "--topology", TOPOLOGY)
    run((*command, "--cold", "--run-dir", str(run_dir)))
    image = vmlinux(run_dir)
    release = document(run_dir)["kernel_release"]
    sides = {
        OURS[0]: timed((*command, "--suite", "create")),
        OURS[1]: timed(command),
        "virtme-ng": _theirs(vng, image, *ROOT),
    }
    sides |= {f"virtme-ng, {path.name}": _theirs(vng, path) for path in bench.kernels}
    took = interleaved(bench.runs, sides)
    ratios = [
        Ratio(f"{ours}, times faster than {theirs}", slow, took[ours], FASTER, at_least=True)
        for ours in OURS
        for theirs, slow in took.items()
        if theirs not in OURS
    ]
    return Section(
        "virtme",
        TITLE,
        f"Whole commands on {NODES} nodes with one vCPU each, kernel {release} with "
        "tests/bench/virtme.config: ours runs suites, virtme-ng (--disable-kvm) runs `true`.",
        tuple(Series(name, values) for name, values in took.items()),
        tuple(ratios),
        notes=() if bench.kernels else ("not measured: a kernel of its own configuration "
                                        "(--virtme-kernel IMAGE)",),
    )  # fmt: skip


def skipped(why: str) -> Section:
    return Section("virtme", TITLE, "Not measured.", notes=(why,))


def _theirs(vng: str, image: Path, *options: str) -> Callable[[], float]:
    """virtme-ng with no work at all in the guest, once it has shown that it runs some."""
    argv = vng_argv(vng, image, "--verbose", *options)
    try:
        run(argv)
    except CommandFailed:
        _, said = run(argv, ok=STATUS)
        if PROOF not in said:
            raise CommandFailed(f"virtme-ng does not run {image.name}") from None
    return timed(vng_argv(vng, image, *options), ok=STATUS)


def vng_argv(vng: str, image: Path, *options: str) -> tuple[str, ...]:
    """The same nodes as numa4, and no work at all in the guest."""
    nodes = [f"--numa={NODE_MIB}M,cpus={node}" for node in range(NODES)]
    size = (f"--cpus={NODES}", f"--memory={NODES * NODE_MIB}M", *nodes)
    return (vng, "--run", str(image.resolve()), "--disable-kvm", *size, *options, "--exec", "true")


def vmlinux(run_dir: Path) -> Path:
    """The image a run booted, by its replay script."""
    for line in (run_dir / "replay.sh").read_text().splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "-kernel":
            return Path(rest.removesuffix(" \\").strip("'\""))
    raise ValueError(f"{run_dir}/replay.sh boots no kernel")
