# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The core module brings our tracepoints; it sets clock and random numbers,
# which a kept state has old, and measures how fast this guest is now.
#
# Stall detectors speak before the host's deadline does, and later on a slow
# guest, as that does, too; time that the host takes passes here, but not there.
# The NMI that a hung guest ends with gets a stack as its answer.
# Ranges: kernel/watchdog.c (watchdog_thresh up to 60, a soft lockup is twice
# that), kernel/rcu/tree_stall.h (3 to 300 s).

# between: $1, but at least $2 and at most $3, in $bounded.
between() {
	bounded=$1
	[ "$bounded" -ge "$2" ] || bounded=$2
	[ "$bounded" -le "$3" ] || bounded=$3
}

set --
for file in /job/timeout_ms /job/patience_ms /job/seed /job/epoch_s /job/entropy \
	/job/plugs_asked; do
	[ -e "$file" ] || continue
	read -r value < "$file"
	set -- "$@" "${file##*/}=$value"
done
insmod /job/core.ko "$@" || say "error insmod of the core module: exit status $?"
slow=100
best=100
measured=/sys/module/orch_core/parameters
if [ -e "$measured" ]; then
	read -r slow < "$measured/slow_percent"
	read -r best < "$measured/best_percent"
fi

read -r hung_task_s < /job/hung_task_s
between "$best" 100 2000
between "$slow" 100 $((bounded * 3 / 2)) # the host's deadline goes by the best
limit_s=$((hung_task_s * bounded / 100))
between $((limit_s / 2)) 1 60
lockup_s=$bounded
between "$limit_s" 3 300
for pair in "proc/sys/kernel/hung_task_timeout_secs $limit_s" \
	"proc/sys/kernel/watchdog_thresh $lockup_s" \
	"proc/sys/kernel/unknown_nmi_panic 1" \
	"sys/module/rcupdate/parameters/rcu_cpu_stall_timeout $bounded" \
	"sys/module/workqueue/parameters/watchdog_thresh $limit_s"; do
	file=/${pair% *}
	[ ! -e "$file" ] || echo "${pair#* }" > "$file" || say "error cannot set $file"
done
say "speed $best $slow $((lockup_s * 2))"

while read -r event; do
	echo 1 > "$trace_dir/events/$event/enable" || say "error no trace event $event"
done < /job/events
# A session may take hours: whoever wants a trace there begins one.
[ -d /job/session ] || echo 1 > "$trace_dir/tracing_on"
