# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Stall detectors speak before the host's deadline does, and the NMI it ends a
# hung guest with gets a stack as its answer. The core module brings our
# tracepoints; it sets clock and random numbers, which a kept state has old.

read -r hung_task_s < /job/hung_task_s
for pair in "hung_task_timeout_secs $hung_task_s" \
	"watchdog_thresh $((hung_task_s / 2))" "unknown_nmi_panic 1"; do
	file=/proc/sys/kernel/${pair% *}
	[ ! -e "$file" ] || echo "${pair#* }" > "$file"
done

set --
for file in /job/timeout_ms /job/patience_ms /job/seed /job/epoch_s /job/entropy; do
	[ -e "$file" ] || continue
	read -r value < "$file"
	set -- "$@" "${file##*/}=$value"
done
insmod /job/core.ko "$@" || say "error insmod of the core module: exit status $?"
while read -r event; do
	echo 1 > "$trace_dir/events/$event/enable" || say "error no trace event $event"
done < /job/events
echo 1 > "$trace_dir/tracing_on"
