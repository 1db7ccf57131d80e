# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Allocations of a task that asks for it (fail-nth) may fail even if they could
# wait (Documentation/fault-injection/fault-injection.rst); nobody asks here.
# Of pages only blocks fail: each single one refused makes the kernel print a
# stack. verbose 0: no line for each fault.

fault_dir=/sys/kernel/debug
for pair in failslab/ignore-gfp-wait=0 failslab/verbose=0 \
	fail_page_alloc/ignore-gfp-wait=1 fail_page_alloc/verbose=0; do
	file=$fault_dir/${pair%=*}
	[ ! -e "$file" ] || echo "${pair#*=}" > "$file" || say "error cannot set $file"
done
