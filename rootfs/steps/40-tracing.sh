# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The core module brings our tracepoints; then every event of the job is
# switched on. Stall detectors speak before the host's deadline does.

read -r hung_task_s < /job/hung_task_s
for pair in "hung_task_timeout_secs $hung_task_s" \
	"watchdog_thresh $((hung_task_s / 2))"; do
	file=/proc/sys/kernel/${pair% *}
	[ ! -e "$file" ] || echo "${pair#* }" > "$file"
done

echo 4096 > "$trace_dir/buffer_size_kb" || say "error cannot size the trace buffer"
set --
for file in /job/timeout_ms /job/seed; do
	[ -e "$file" ] || continue
	read -r value < "$file"
	set -- "$@" "${file##*/}=$value"
done
insmod /job/core.ko "$@" || say "error insmod of the core module: exit status $?"
while read -r event; do
	echo 1 > "$trace_dir/events/$event/enable" || say "error no trace event $event"
done < /job/events
