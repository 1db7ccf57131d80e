# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The machine as the guest sees it, for the host to compare with the one it
# asked for (Documentation/ABI/stable/sysfs-devices-node). A kernel without
# CONFIG_NUMA has no node directory and is asked for CPUs and memory alone.

# mem_total: sets $kib from the "MemTotal: N kB" line of a meminfo file.
mem_total() {
	kib=
	while read -r one two three four _; do
		case "$one $three" in
		"MemTotal: "*) kib=$two; return ;;
		"Node MemTotal:") kib=$four; return ;;
		esac
	done < "$1"
}

# commas: "10 20 20" to "10,20,20", in $list.
commas() {
	list=
	for word in $1; do
		list=${list:+$list,}$word
	done
}

# cpulist is a binary attribute, of which the shell's read gets nothing; one
# cat for all of them keeps their order, which is the loop's.
guest_nodes() {
	cat /sys/devices/system/node/node[0-9]*/cpulist > /cpulists.txt 2> /dev/null
	exec 3< /cpulists.txt
	for dir in /sys/devices/system/node/node[0-9]*; do
		[ -d "$dir" ] || continue
		read -r cpus <&3
		read -r distances < "$dir/distance"
		commas "$distances"
		mem_total "$dir/meminfo"
		echo "node ${dir##*/node} cpus ${cpus:--} mem_kib $kib distances $list"
	done
	if ! [ -d /sys/devices/system/node/node0 ]; then
		read -r cpus < /sys/devices/system/cpu/online
		mem_total /proc/meminfo
		echo "node 0 cpus $cpus mem_kib $kib distances 10"
	fi
}

# Told once there is a job: one write, since each waits for the host.
nodes=$(guest_nodes)
