# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Loading a suite's module runs it (KUnit). The trace is sent after each one,
# so that a later crash does not take it along.

# send_trace: the ring buffers as text, then empty; what was overwritten is
# counted by the kernel (overrun in per_cpu/cpuN/stats).
send_trace() {
	cat "$trace_dir/trace" > /trace.txt
	cat /trace.txt > "$trace_port"
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

while read -r suite module; do
	uptime
	say "suite-begin $suite $now"
	insmod "/job/$module.ko"
	status=$?
	uptime
	say "suite-end $suite $now $status"
	send_trace
	[ "$status" != 0 ] || rmmod "$module" || say "error rmmod $module: exit status $?"
done < /job/suites
