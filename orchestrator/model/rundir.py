# SPDX-License-Identifier: GPL-2.0-only
"""Names of the files in a run directory. Everything after the boot can be redone from them."""

from __future__ import annotations

CONSOLE = "console.log"  # the serial port, byte for byte
RESULTS = "results.log"  # init's protocol (parse/guest.py), virtio-serial port 1
KMSG = "kmsg.log"  # /dev/kmsg records at the end of the run, port 2
TRACE = "trace.log"  # tracefs text, port 3
LEAKS = "kmemleak.log"  # kmemleak's list after the last suite, port 4; only if it is configured
COVERAGE = "gcov.tar"  # the .gcda files of the profiled objects, port 5; only with gcov
LINES = "coverage.json"  # counts per line, made of gcov.tar and the build's .gcno files
OUTPUT = "output.log"  # what selftests printed, port 8; of a session that nobody has as well
DMESG = "dmesg.log"  # kmsg.log rendered as dmesg(1) shows it; absent if the guest died
KTAP = "ktap.log"  # the KTAP lines of the log, prefixes removed
PLAN = "plan.json"  # what was asked (model.job.Plan)
VM = "vm.json"  # how the machine ended (model.evidence.VmOutcome)
SYMBOLS = "symbols.json"  # file and line of what reports name (model.symbols.SymbolTable)
KNOWN_ISSUES = "known-issues.json"  # the list the run was judged by, with its proofs
RUN = "run.json"  # the whole result, docs/run.schema.json
JUNIT = "junit.xml"
REPORT = "report.html"  # the whole run as a page; made by `orchestrate report`, or to be linked to
LOOK = "look.json"  # what QMP told of a machine that had to be stopped (model.autopsy.Look)
DUMP = "memory.kdump"  # its memory, for drgn or crash; gone once it is read, unless it is kept
NMI = "nmi.log"  # what the guest printed on our NMI: cut off the console's end
AUTOPSY = "autopsy.json"  # all that was found in it (model.autopsy.Autopsy)
DOTCONFIG = "kernel.config"
BUILD_LOG = "build.log"
REPLAY = "replay.sh"  # boots the same machine again by hand
MACHINE = "machine.json"  # the same for orchestrate gdb (plan.qemu.Boot)
RECORDING = "recording.json"  # how a recorded run came about (model.recording.Recorded)
RECORD = "record.bin"  # QEMU's record of it
SNAPSHOT = "snapshot.qcow2"  # and its machine before the first instruction
QEMU_LOG = "qemu.log"  # what QEMU itself printed
NIGHT = "night.json"  # of a night: every cell and its attempts
COMPARE = "compare.json"  # of a comparison: all that differs
PAGE = "compare.html"  # the same as a page
PATCHES = "patches"  # a folder: the patches as they were applied
INITRD = "initrd.cpio"
JOB = "job.cpio"  # what init is sent once it is ready: suites, modules, nonce
