# SPDX-License-Identifier: GPL-2.0-only
"""The script that boots the same machine again by hand."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from orchestrator.model import rundir
from orchestrator.plan import qemu
from orchestrator.plan.plugging import monitor_lines

_HEAD = """\
#!/bin/sh
# Boots the machine of this run again: same kernel, same guest, same nodes.
# The console comes to this terminal; results, kmsg and trace go to a new folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
echo "channels: $out" >&2
"""

# What the guest asks for goes to QEMU's monitor, which ends with it; the last command becomes QEMU.
_PLUGS = """\
mkfifo "$out"/monitor.in "$out"/monitor.out
cat <> "$out"/monitor.out > "$out"/monitor.log 2>&1 &
reader=$!
: > "$out"/{results}
{{
	tail -n +1 -f --pid=$$ "$out"/{results} | while read -r word number _; do
		[ "$word" = plug ] || continue
		case $number in
{cases}		esac > "$out"/monitor.in
	done
	kill "$reader"
}} > /dev/null 2>&1 &
"""


def by_hand(boot: qemu.Boot) -> qemu.Boot:
    """The machine as it boots from the start, with nobody who listens."""
    return replace(
        boot,
        qmp_socket="",
        paused=False,
        session_dir="",
        ssh_port=0,
        monitor_fd=-1,
        state=qemu.State.NONE,
    )


def script(boot: qemu.Boot, initrd_name: str, job_name: str) -> str:
    """A POSIX shell script. The initrd and the job are taken from the script's own folder.

    It boots from the start, also where the run itself went on from a kept state.
    """
    shown = replace(by_hand(boot), run_dir="@OUT@", initrd=f"@HERE@/{initrd_name}")
    shown = replace(shown, ssh_port=boot.ssh_port)
    lines = []
    for words in qemu.option_lines(shown):
        line = " ".join(shlex.quote(word) for word in words)
        if "id=console" in line:
            line = "-chardev file,id=console,path=/dev/stdout"
        lines.append(line)
    plugs = _plugs(boot) if boot.topology.plugs else ""
    if plugs:
        lines.append("-chardev pipe,id=plugs,path=@OUT@/monitor")
        lines.append("-mon chardev=plugs,mode=readline")
    text = " \\\n\t".join(lines)
    text = text.replace("@OUT@", "'\"$out\"'").replace("@HERE@", "'\"$here\"'")
    for name in qemu.own_tables(boot):
        plugs = f'cp "$here"/{name} "$out"\n{plugs}'
    return _HEAD + plugs + "exec " + _unquoted(text) + f' "$@" < "$here"/{job_name}\n'


def _plugs(boot: qemu.Boot) -> str:
    cpu_type = f"{boot.cpu_model.partition(',')[0]}-x86_64-cpu"
    cases = ""
    for at in range(len(boot.topology.plugs)):
        lines = monitor_lines(boot.topology, at, cpu_type)
        told = "".join(f"\t\t\techo {shlex.quote(line)}\n" for line in lines)
        cases += f"\t\t{at})\n{told}\t\t\t;;\n"
    return _PLUGS.format(results=rundir.RESULTS, cases=cases)


def _unquoted(text: str) -> str:
    """shlex.quote leaves @ alone, so a substituted word may stand outside quotes."""
    return text.replace("'\"$out\"'", '"$out"').replace("'\"$here\"'", '"$here"')
