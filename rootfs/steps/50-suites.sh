# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Loading a suite's module runs it (KUnit). The trace is sent after each one,
# or each few as the job says, so that a later crash does not take it along.

# send_trace: the ring buffers as text; what was overwritten is counted by the
# kernel (overrun in per_cpu/cpuN/stats) until they are emptied.
send_trace() {
	cat "$trace_dir/trace" > "$trace_port"
	lost=0
	for file in "$trace_dir"/per_cpu/cpu*/stats; do
		while read -r key value; do
			case $key in
			overrun: | dropped) lost=$((lost + ${value##* })) ;;
			esac
		done < "$file"
	done
	say "trace-lost $lost"
}

# Which suites the kernel ran of its own when it booted says nothing of modules,
# whose suites it would filter by the same glob (since 6.6, when it can be set).
filter_glob=/sys/module/kunit/parameters/filter_glob
[ ! -w "$filter_glob" ] || echo -n '*' > "$filter_glob"

# Modules of the user's: the log has what the kernel, and then insmod or rmmod,
# said of each, between two marks. set -f: values of parameters are no patterns.
#
# own WORD NAME COMMAND...: tell, and run it.
own() {
	word=$1 own=$2
	shift 2
	say "$word-begin $own"
	echo "<6>orchestrate: $word $own" > /dev/kmsg
	"$@" 2> /own.err
	own_status=$?
	while read -r line; do
		echo "<6>$line" > /dev/kmsg
	done < /own.err
	echo "<6>orchestrate: $word $own ended with $own_status" > /dev/kmsg
	say "$word-end $own $own_status"
}

loaded=
while read -r module params; do
	set -f
	# shellcheck disable=SC2086
	own module "$module" insmod "/job/own/$module.ko" $params
	set +f
	[ "$own_status" != 0 ] || loaded="$module $loaded"
done < /job/modules

# One case alone: what KUnit looks at when a module brings suites (filter_glob in
# lib/kunit/executor.c).
if [ -e /job/filter ]; then
	cat /job/filter > "$filter_glob" || say "error KUnit takes no filter"
fi

read -r trace_every < /job/trace_every
unsent=0
first=
while read -r suite module; do
	uptime
	say "suite-begin $suite $now"
	insmod "/job/$module.ko"
	status=$?
	uptime
	say "suite-end $suite $now $status"
	unsent=$((unsent + 1))
	[ "$unsent" -lt "$trace_every" ] || {
		send_trace
		echo > "$trace_dir/trace"
		unsent=0
	}
	[ "$status" != 0 ] || first=${first:-$module}
done < /job/suites
ended=$now

# The first of the two scans (70-leaks.sh) before the time runs that both need.
kmemleak=/sys/kernel/debug/kmemleak
scanned=
if [ -e "$kmemleak" ]; then
	echo scan > "$kmemleak" && scanned=yes
fi

# The core module settles its account of memory when the first suite goes
# (orch_left); unloading the others would tell nothing more, and costs.
[ -z "$first" ] || rmmod "$first" || say "error rmmod: exit status $?"
for module in $loaded; do
	for holder in "/sys/module/$module/holders"/*; do # suites that use it
		[ ! -e "$holder" ] || rmmod "${holder##*/}"
	done
	own unload "$module" rmmod "$module"
done
[ -d /job/session ] || send_trace
