# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Loading a suite's module runs it (KUnit). The trace is sent after each one,
# so that a later crash does not take it along.

# send_trace: the ring buffers as text, then empty; what was overwritten is
# counted by the kernel (overrun in per_cpu/cpuN/stats).
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
	echo > "$trace_dir/trace"
}

loaded=
while read -r suite module; do
	uptime
	say "suite-begin $suite $now"
	insmod "/job/$module.ko"
	status=$?
	uptime
	say "suite-end $suite $now $status"
	send_trace
	[ "$status" != 0 ] || loaded="$module $loaded"
done < /job/suites
# All in one go: each command started costs as much as a small suite.
# shellcheck disable=SC2086
[ -z "$loaded" ] || rmmod $loaded || say "error rmmod: exit status $?"
# What unloading left in the trace: memory not given back (orch_left).
send_trace
