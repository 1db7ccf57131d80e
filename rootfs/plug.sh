#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# plug.sh start|asked|rest: the next part that comes or goes, if it is due then.
# Called by init, and by the kernel where a case asks for it (kmod/core_plug.c).
# The host is asked (orchestrator/edge/plugging.py), and is told when the part is
# there, or gone, and what the machine is like then; or that it never was seen
# (lost), or is there and was not brought up (down).
#
# Exit status: 0 it is done, 1 it was not seen, 2 none is due.
#
# What a distribution has udev for is done here: CPUs come offline and are
# brought up. Memory is brought up by the kernel, as it is told before.

export PATH=/bin
results=/dev/vport0p1

# shellcheck source=/dev/null
. /view.sh

# memory_of: the node's MemTotal in $kib, 0 if it has none or is not there.
memory_of() {
	kib=0
	[ ! -e "/sys/devices/system/node/node$1/meminfo" ] ||
		mem_total "/sys/devices/system/node/node$1/meminfo"
}

# seen: is it as it shall be?
seen() {
	if [ "$what" = memory ]; then
		memory_of "$node"
		[ "$kib" = "$want_kib" ]
	elif [ "$way" = go ]; then
		[ ! -d "$cpu_dir" ]
	else
		[ -d "$cpu_dir" ] || return 1
		read -r online < "$cpu_dir/online"
		[ "$online" = 1 ] || echo 1 > "$cpu_dir/online"
	fi
}

# down: does the kernel know of the part, and yet does not use it?
down() {
	[ "$way" = come ] || return 1
	[ "$what" = memory ] || {
		[ -d "$cpu_dir" ]
		return
	}
	for file in /sys/devices/system/memory/memory[0-9]*/state; do
		[ -e "$file" ] || continue
		read -r word < "$file"
		[ "$word" = online ] || return 0
	done
	return 1
}

due=$1
finished=0
[ ! -e /plugs.done ] || read -r finished < /plugs.done
[ -e /job/plugs ] || exit 2
while read -r number when what size node way zone; do
	[ "$number" -lt "$finished" ] || break
done < /job/plugs
[ -n "$number" ] && [ "$number" = "$finished" ] || exit 2
[ "$due" = rest ] || [ "$due" = "$when" ] || exit 2
echo $((finished + 1)) > /plugs.done

cpu_dir=/sys/devices/system/cpu/cpu$size
if [ "$what" = memory ]; then
	memory_of "$node"
	change_kib=$((size * 1024))
	[ "$way" = come ] || change_kib=-$change_kib
	want_kib=$((kib + change_kib))
	echo "online_$zone" > /sys/devices/system/memory/auto_online_blocks
fi

# A case waits for us in a task that may not hang: as long as the kernel allows
# that, less a third. Otherwise nobody waits but the host.
read -r wait_s < /job/plug_s
limit=/proc/sys/kernel/hung_task_timeout_secs
if [ "$due" = asked ] && [ -e "$limit" ]; then
	limit_s=$(cat "$limit") # the shell reads a byte at a time, and gets one
	[ "$limit_s" = 0 ] || wait_s=$((limit_s * 2 / 3))
fi
read -r now _ < /proc/uptime
end=$((${now%.*} + 1 + wait_s))
echo "plug $number $now" > "$results"
state=lost
while [ "${now%.*}" -lt "$end" ]; do
	if seen 2> /plug.err; then
		state=seen
		break
	fi
	usleep 20000
	read -r now _ < /proc/uptime
done
[ "$state" = seen ] || ! down || state=down
read -r now _ < /proc/uptime
nodes=$(guest_nodes)
echo "plugged $number $now $state
$nodes" > "$results"
[ "$state" = seen ]
