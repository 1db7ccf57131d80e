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

# fields: of the files $2... in folder $1, "NAME VALUE NAME VALUE", in $list.
fields() {
	folder=$1
	list=
	shift
	for name in "$@"; do
		value=-
		read -r value < "$folder/$name"
		list="$list $name ${value:--}"
	done
}

# What HMAT says, where the kernel reads it (drivers/acpi/numa/hmat.c): of each
# node's memory what its own initiators have of it, and the caches before it;
# and the table itself, which has the other pairs, too.
guest_hmat() {
	for dir in /sys/devices/system/node/node[0-9]*; do
		[ -d "$dir/access0/initiators" ] || continue
		nodes=
		for one in "$dir/access0/initiators"/node[0-9]*; do
			[ ! -e "$one" ] || nodes="$nodes ${one##*/node}"
		done
		commas "$nodes"
		nodes=${list:--}
		fields "$dir/access0/initiators" read_latency write_latency \
			read_bandwidth write_bandwidth 2> /dev/null
		echo "access ${dir##*/node} initiators $nodes$list"
		for one in "$dir/memory_side_cache"/index[0-9]*; do
			[ -d "$one" ] || continue
			fields "$one" size line_size indexing write_policy 2> /dev/null
			echo "side-cache ${dir##*/node} level ${one##*/index}$list"
		done
	done
	table=/sys/firmware/acpi/tables/HMAT
	[ ! -e "$table" ] || echo "hmat $(base64 -w 0 "$table")"
}
