# SPDX-License-Identifier: GPL-2.0-only
"""The QEMU command line of one boot, pure. Facts are QEMU 7.2's (qemu-options.hx).

What differs by architecture is model.arch's. The machine of x86_64 is q35: microvm has no SRAT, and
to route one PCI interrupt `pc` has the guest interpret a _PRT method of 128 rounds (build_prt() in
hw/i386/acpi-build.c), which is 0.1 s of a plain boot and over 4 s with slab debugging and kmemleak.
qboot boots a PVH vmlinux faster than SeaBIOS and keeps SRAT and SLIT. Each vCPU is a socket of its
own, since Linux warns when the cores of one socket lie in different nodes (topology_sane() in
arch/x86/kernel/smpboot.c). That of arm64 is virt: QEMU writes a device tree with the nodes
(hw/arm/boot.c), and no firmware runs.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from msgspec import Struct

from orchestrator.model import rundir
from orchestrator.model.arch import DEFAULT, Arch, named
from orchestrator.model.topology import Topology
from orchestrator.plan import acpi_tables, qemu_nodes, qemu_record
from orchestrator.plan.qemu_record import Recording as Recording

# What is on the virtio-serial bus: port number (the guest's /dev/vport0pN), name, file.
PORTS = (
    (1, "results", rundir.RESULTS),
    (2, "kmsg", rundir.KMSG),
    (3, "trace", rundir.TRACE),
)
LEAKS_PORT = (4, "leaks", rundir.LEAKS)
COVERAGE_PORT = (5, "coverage", rundir.COVERAGE)
JOB_PORT = (6, "job")  # the other way: what init shall do
# Of a session (model.session), each a socket in Boot.session_dir: to the guest, and from it. The
# console is one, too.
INPUT_PORT = (7, "input")
OUTPUT_PORTS = ((8, "output"), (9, "errors"))
SOCKETS = ("console", "input", "output", "errors")

# The guest's time stamp counter is the host's; told its speed, the guest need not measure it
# (determine_cpu_tsc_frequencies() in arch/x86/kernel/tsc.c), which goes wrong on a busy host.
TSC_OPTION = "tsc_early_khz"


# Suites built into the kernel that none is: none of them runs.
NO_SUITE = "orchestrate-none"


def kunit_option(glob: str) -> str:
    """Which of its own suites the kernel runs when it boots (lib/kunit/executor.c). Those of
    modules are filtered by it, too, until rootfs/steps/50-suites.sh lets them all through."""
    value = f'"{glob}"' if " " in glob else glob
    return f"kunit.filter_glob={value}"


class State(enum.Enum):
    """What a machine has to do with a kept state."""

    NONE = "none"  # it boots, and runs its job
    MADE = "made"  # it boots, and gets no job: its memory goes to the files of the state
    FORKED = "forked"  # it goes on from one; what it writes to memory is its own


class Boot(Struct, frozen=True):
    """All that one QEMU command line depends on. Paths are as the command shall name them."""

    qemu: str
    accelerator: str  # "tcg" or "kvm"
    cpu_model: str  # for -cpu
    firmware: str  # "qboot.rom", or "" for the machine's own
    vmlinux: str  # or the image that boots, where that is another file
    initrd: str
    run_dir: str
    topology: Topology
    qmp_socket: str = ""  # "" for none: the replay script
    extra_cmdline: tuple[str, ...] = ()
    ports: tuple[tuple[int, str, str], ...] = PORTS
    tcg_thread: str = "multi"  # host threads: "multi", one a vCPU; "single", one for all of them
    paused: bool = True  # start with -S, so that no QMP event is missed
    state: State = State.NONE
    ram_dir: str = ""  # of the state: one file for the memory of each node
    tsc_khz: int = 0  # of the host; 0: not known
    seccomp: bool = True  # QEMU may make no system call it has no use for
    session: bool = False  # somebody talks with the guest
    disk: str = ""  # an image that the guest may read as /dev/vda
    network: bool = False  # a card; from the guest nothing leads anywhere
    ssh_port: int = 0  # of loopback, to the guest's sshd; 0: none
    session_dir: str = ""  # where SOCKETS are; "": nobody listens (a state, the replay script)
    gdb_fd: int = -1  # a socket that listens, for QEMU's gdb stub
    monitor_fd: int = -1  # the same for QMP besides, for edge.debug.monitor
    arch: str = DEFAULT  # as model.arch names it
    # Of a machine with one, channels are serial ports and the job is in initrd.
    recording: Recording = Recording.NONE
    icount_shift: int = 0  # of a recording: an instruction takes 2 ** so many ns of guest time

    @property
    def row(self) -> Arch:
        return named(self.arch)


def argv(boot: Boot) -> tuple[str, ...]:
    """The whole command line."""
    return (
        boot.qemu,
        *_sandbox(boot),
        *_machine(boot),
        *_kernel(boot),
        *qemu_nodes.nodes(boot.topology, lambda node: _backend(boot, node)),
        *_console(boot),
        *(_recorded(boot) if boot.recording is not Recording.NONE else _ports(boot)),
        *_disk(boot),
        *_network(boot),
        *_control(boot),
    )


def option_lines(boot: Boot) -> tuple[tuple[str, ...], ...]:
    """argv with each option beside its values, for the replay script: one tuple a line."""
    lines: list[list[str]] = []
    for word in argv(boot):
        if word.startswith("-") or not lines:
            lines.append([word])
        else:
            lines[-1].append(word)
    return tuple(tuple(line) for line in lines)


def written(boot: Boot) -> tuple[str, ...]:
    """Names of the files in run_dir that QEMU writes: the channels."""
    nobody = boot.session and not boot.session_dir and boot.state is not State.MADE
    files = [f"{name}.log" for _, name in OUTPUT_PORTS] if nobody else []
    recorded = qemu_record.written(boot.recording)
    return (rundir.CONSOLE, *(file for _, _, file in boot.ports), *files, *recorded)


def read_in_run_dir(boot: Boot) -> tuple[str, ...]:
    """Paths of files there that QEMU only reads."""
    return (f"{boot.run_dir}/{rundir.RECORD}",) if boot.recording is Recording.REPLAY else ()


def memory_files(boot: Boot) -> tuple[str, ...]:
    """Of a state, the memory of each node that has some."""
    if boot.state is State.NONE:
        return ()
    return tuple(f"{boot.ram_dir}/ram{node.id}" for node in boot.topology.nodes if node.mem_mib)


def kept_fds(boot: Boot) -> tuple[int, ...]:
    """Descriptors that QEMU is started with."""
    return tuple(fd for fd in (boot.gdb_fd, boot.monitor_fd) if fd >= 0)


def own_tables(boot: Boot) -> dict[str, bytes]:
    """Files in run_dir that QEMU reads, and what is in them: tables for the guest's ACPI. KVM's
    guests need none; where qboot does not place them, they would be wrong."""
    needed = boot.accelerator == "tcg" and boot.firmware
    return acpi_tables.tables(boot.topology) if needed else {}


def sockets(boot: Boot) -> tuple[str, ...]:
    """Paths of the sockets that a session is had through."""
    there = boot.session_dir and boot.state is not State.MADE
    return tuple(f"{boot.session_dir}/{name}" for name in SOCKETS) if there else ()


def _sandbox(boot: Boot) -> Iterator[str]:
    """QEMU's own filter of system calls. Nothing of ours needs what it denies: states come and
    go by descriptors, no thread is given a priority, and there is no network."""
    if boot.seccomp:
        denied = ("obsolete", "elevateprivileges", "spawn", "resourcecontrol")
        yield from ("-sandbox", ",".join(("on", *(f"{name}=deny" for name in denied))))


def _machine(boot: Boot) -> Iterator[str]:
    tcg = boot.accelerator == "tcg"
    more = qemu_nodes.machine_options(boot.topology)
    yield from ("-machine", f"{boot.row.machine}{more}")
    yield from ("-accel", f"tcg,thread={boot.tcg_thread}" if tcg else boot.accelerator)
    yield from ("-cpu", boot.cpu_model)
    if boot.firmware:
        yield from ("-bios", boot.firmware)
    yield from ("-nodefaults", "-no-user-config", "-nic", "none")
    yield from ("-display", "none", "-no-reboot")


def _kernel(boot: Boot) -> Iterator[str]:
    yield from ("-kernel", boot.vmlinux, "-initrd", boot.initrd)
    for_tcg: tuple[str, ...] = ()
    if boot.accelerator == "tcg":
        told = boot.tsc_khz and boot.row.told_tsc
        clock = (f"{TSC_OPTION}={boot.tsc_khz}",) if told else ()
        for_tcg = (*boot.row.tcg_cmdline, *clock)
    tables = own_tables(boot)
    for name in tables:
        yield from ("-acpitable", f"file={_inside(boot)}/{name}")
    if tables:
        for_tcg = (*for_tcg, acpi_tables.APIC_INSTANCE)
    yield from ("-append", " ".join((*boot.row.cmdline, *for_tcg, *boot.extra_cmdline)))


def _backend(boot: Boot, node: int) -> str:
    if boot.state is State.NONE:
        return f"memory-backend-ram,id=ram{node}"
    shared = "on" if boot.state is State.MADE else "off"
    path = boot.ram_dir.replace(",", ",,")
    return f"memory-backend-file,id=ram{node},mem-path={path}/ram{node},share={shared}"


def _console(boot: Boot) -> Iterator[str]:
    # A fork's console goes on where the state's ended.
    forked, log = boot.state is State.FORKED, f"{_inside(boot)}/{rundir.CONSOLE}"
    if sockets(boot):
        # The log is what the guest printed, also where nobody reads the socket any more.
        more = ",logappend=on" if forked else ""
        place = f"path={boot.session_dir}/console"
        yield from ("-chardev", f"socket,id=console,{place},logfile={log}{more}")
    else:
        more = ",append=on" if forked else ""
        yield from ("-chardev", f"file,id=console,path={log}{more}")
    yield from ("-serial", "chardev:console")


def _inside(boot: Boot) -> str:
    """run_dir as part of an option's value, where a comma is written twice (qemu-options.hx)."""
    return boot.run_dir.replace(",", ",,")


def _ports(boot: Boot) -> Iterator[str]:
    yield from ("-device", f"virtio-serial-{boot.row.virtio}")
    for number, name, file in boot.ports:
        yield from ("-chardev", f"file,id={name},path={_inside(boot)}/{file}")
        yield from ("-device", f"virtserialport,nr={number},chardev={name},name=orchestrate.{name}")
    number, name = JOB_PORT
    # Standard input is the job. A machine that gets none waits on a port that is silent, but
    # connected: with `null` the guest would read the end of the file.
    source = "file,path=/dev/null" if boot.state is State.MADE else "stdio"
    yield from ("-chardev", f"{source},id={name}")
    yield from ("-device", f"virtserialport,nr={number},chardev={name},name=orchestrate.{name}")
    if boot.session:
        yield from _session_ports(boot)


def _recorded(boot: Boot) -> Iterator[str]:
    """What recording takes, and the channels: replayed, virtio-serial ports get nowhere."""
    files = [(name, f"{_inside(boot)}/{file}") for _, name, file in boot.ports]
    yield from qemu_record.ports(files)
    yield from qemu_record.icount(boot.recording, boot.icount_shift, _inside(boot))


def _session_ports(boot: Boot) -> Iterator[str]:
    for number, name in (INPUT_PORT, *OUTPUT_PORTS):
        # Not `null`: what is written to it waits for somebody to read.
        kept = boot.state is State.MADE or number == INPUT_PORT[0]
        place = f"file,path={'/dev/null' if kept else f'{_inside(boot)}/{name}.log'}"
        if sockets(boot):
            place = f"socket,path={boot.session_dir}/{name}"
        yield from ("-chardev", f"{place},id={name}")
        yield from ("-device", f"virtserialport,nr={number},chardev={name},name=orchestrate.{name}")


def _disk(boot: Boot) -> Iterator[str]:
    if boot.disk:
        place = boot.disk.replace(",", ",,")
        file = f"file.driver=file,file.filename={place}"
        yield from ("-blockdev", f"driver=raw,node-name=root,read-only=on,{file}")
        yield from ("-device", f"virtio-blk-{boot.row.virtio},drive=root")


def _network(boot: Boot) -> Iterator[str]:
    """restrict: QEMU's own network forwards what comes to the port, and nothing else."""
    if boot.network:
        forward = ""
        if boot.ssh_port and boot.state is not State.MADE:
            forward = f",hostfwd=tcp:127.0.0.1:{boot.ssh_port}-10.0.2.15:22"
        yield from ("-netdev", f"user,id=net,restrict=on{forward}")
        rom = ",romfile=" if boot.row.virtio == "pci" else ""
        card = f"virtio-net-{boot.row.virtio},netdev=net{rom},mac=52:54:00:12:34:56"
        yield from ("-device", card)


def _control(boot: Boot) -> Iterator[str]:
    if boot.qmp_socket:
        yield from ("-qmp", f"unix:{boot.qmp_socket}")
        # A guest that goes down is held until QMP lets it go: it may have to be looked at.
        yield from ("-action", "shutdown=pause")
    if boot.gdb_fd >= 0:
        yield from ("-chardev", f"socket,id=gdb,fd={boot.gdb_fd},server=on,wait=off")
        yield from ("-gdb", "chardev:gdb")
    if boot.monitor_fd >= 0 and boot.state is not State.MADE:
        yield from ("-chardev", f"socket,id=monitor,fd={boot.monitor_fd},server=on,wait=off")
        yield from ("-mon", "chardev=monitor,mode=control")
    if boot.state is State.FORKED:
        yield from ("-incoming", "defer")
    elif boot.paused:
        yield "-S"
