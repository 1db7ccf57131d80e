# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Serial ports as channels, of a machine that is recorded: bytes go as they are.

case $results in
/dev/ttyS*)
	for port in "$results" "$kmsg_port" "$trace_port"; do
		/bin/busybox stty -F "$port" raw -echo || say "error cannot set $port"
	done
	;;
esac
