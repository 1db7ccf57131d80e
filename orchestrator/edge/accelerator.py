# SPDX-License-Identifier: GPL-2.0-only
"""KVM or TCG? KVM counts only if 64-bit code has just run on it.

A /dev/kvm that opens and creates virtual machines proves nothing: there are hosts where no
64-bit guest ever gets anywhere. So data/probe/probe.S is run to its end.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from orchestrator.config.assets import data_dir
from orchestrator.edge import process, qemu_program
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.store import Store
from orchestrator.model.arch import X86_64, Arch
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import Accelerator

QEMU = X86_64.qemu
QBOOT = "qboot.rom"
PROBE_EXIT = (0x2A << 1) | 1  # isa-debug-exit turns the value written into this status
PROBE_S = 3.0  # TCG needs 0.2 s, KVM less
# `host` is what real KVM users want; it makes QEMU abort where MSRs cannot be set.
KVM_MODELS = ("host", "qemu64")


def choose(asked: str, store: Store, arch: Arch = X86_64) -> Accelerator:
    """asked: auto, kvm or tcg. InfrastructureError if kvm is asked for and does not work."""
    if asked == "tcg":
        return Accelerator("tcg", arch.cpu, "asked for with --accel tcg")
    if arch is not X86_64:
        # The probe is x86 code. On a host of that architecture nobody has tried yet.
        reason = f"KVM is used for {X86_64.name} guests alone, and this one is {arch.name}"
        if asked == "kvm":
            raise InfrastructureError(reason, "use --accel tcg")
        return Accelerator("tcg", arch.cpu, reason)
    model, reason = _probed(store)
    if model:
        return Accelerator("kvm", model, reason)
    if asked == "kvm":
        raise InfrastructureError(f"KVM does not work here: {reason}", "use --accel tcg")
    return Accelerator("tcg", arch.cpu, reason)


def _probed(store: Store) -> tuple[str, str]:
    """(working -cpu model or "", reason). Remembered until the host or QEMU changes."""
    if not Path("/dev/kvm").exists():
        return "", "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "", "/dev/kvm may not be opened by this user"
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text()
    key = digest(boot_id, qemu_stamp(), (data_dir("probe") / "probe.S").read_bytes())
    memo = store.folder("probes") / f"kvm-{key}.json"
    try:
        model, reason = json.loads(memo.read_text())
        return str(model), str(reason)
    except (OSError, ValueError, TypeError):  # not there, or damaged
        pass
    answer = _try_models(_probe_image(store))
    partial = memo.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(answer))
    partial.rename(memo)
    return answer


def check_again(machine: Accelerator, store: Store) -> None:
    """InfrastructureError if KVM, which worked when it was probed, no longer does: asked after a
    guest on it never said a word. The remembered answer is forgotten then."""
    if machine.name != "kvm":
        return
    reason = run_probe(_probe_image(store), machine.name, machine.cpu_model)
    if reason:
        for memo in store.folder("probes").glob("kvm-*.json"):
            memo.unlink(missing_ok=True)
        said = f"KVM worked when it was tried, and no longer does: {reason}"
        raise InfrastructureError(said, "run it again: it will be tried anew")


def qemu_stamp(arch: Arch = X86_64) -> str:
    """Changes when the QEMU binary does; see edge.qemu_program."""
    return qemu_program.stamp(arch.qemu)


def qemu(arch: Arch = X86_64) -> str:
    """The QEMU to start."""
    return qemu_program.program(arch.qemu)


def qemu_version(store: Store, arch: Arch = X86_64) -> str:
    """ "QEMU emulator version 7.2.22 (Debian ...)"; asked once for each binary."""
    memo = store.folder("probes") / f"qemu-{digest(qemu_stamp(arch))}.txt"
    try:
        return memo.read_text()
    except OSError:
        told = qemu_program.version(qemu(arch))
    partial = memo.with_suffix(f".{os.getpid()}")
    partial.write_text(told)
    partial.rename(memo)
    return told


def _try_models(image: Path) -> tuple[str, str]:
    reasons = []
    for model in KVM_MODELS:
        reason = run_probe(image, "kvm", model)
        if not reason:
            return model, f"a 64-bit guest ran on KVM (-cpu {model})"
        reasons.append(f"-cpu {model}: {reason}")
    return "", f"/dev/kvm is there, but no 64-bit guest runs on it ({'; '.join(reasons)})"


def run_probe(image: Path, accelerator: str, model: str) -> str:
    """Run the probe guest once; "" if it reached its end, else what happened."""
    argv = [qemu(), "-machine", "pc", "-accel", accelerator, "-cpu", model, *_firmware()]
    argv += ["-kernel", str(image), "-m", "64", "-nodefaults", "-no-user-config"]
    argv += ["-display", "none", "-no-reboot"]
    argv += ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
    try:
        done = process.run(argv, timeout_s=PROBE_S)
    except InfrastructureError:
        return f"it did not end within {PROBE_S:.0f} s"
    if done.returncode == PROBE_EXIT:
        return ""
    if done.returncode < 0:
        return f"QEMU died of signal {-done.returncode}"
    said = done.output.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
    return said[0].removeprefix(f"{QEMU}: ")[:100]


def _firmware() -> list[str]:
    name = firmware()
    return ["-bios", name] if name else []


def firmware(arch: Arch = X86_64) -> str:
    """qboot where QEMU has it (qemu-system-data): it boots faster than SeaBIOS."""
    return QBOOT if firmware_path(arch) else ""


def firmware_path(arch: Arch = X86_64) -> Path | None:
    """Where qboot is, None if it is not, or no machine of this architecture boots by it."""
    return qemu_program.data_file(arch.qemu, QBOOT) if arch.qboot else None


def _probe_image(store: Store) -> Path:
    source = data_dir("probe") / "probe.S"
    image = store.folder("probes") / f"probe-{digest(source.read_bytes())}.elf"
    if not image.is_file():
        partial = image.with_suffix(f".{os.getpid()}")
        link = "-Wl,-Ttext=0x100000,--build-id=none,-z,noexecstack"
        process.check(["gcc", "-nostdlib", "-static", "-no-pie", link, "-o", str(partial),
                       str(source)])  # fmt: skip
        partial.rename(image)
    return image
