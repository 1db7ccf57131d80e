# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Room for the trace, and the kernel's own events that every job wants; they
# are let into the buffer when the job begins.

echo 0 > "$trace_dir/tracing_on"
echo 4096 > "$trace_dir/buffer_size_kb" || say "error cannot size the trace buffer"
while read -r event; do
	echo 1 > "$trace_dir/events/$event/enable" || say "error no trace event $event"
done < /guest/events
