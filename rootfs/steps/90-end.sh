# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The end of the trace, the log ring as records, the end marker, a clean
# power-off.
#
# sed reads one record ahead of the one it quits at, hence two of them. It
# writes to a file first: every write to a port waits for the host.

echo "# orchestrate: end of trace $nonce" > "$trace_port"
echo "<6>orchestrate: end of log $nonce" > /dev/kmsg
echo "<6>orchestrate: powering off" > /dev/kmsg
sed "/orchestrate: end of log $nonce/q" /dev/kmsg > /kmsg.txt
cat /kmsg.txt > "$kmsg_port"
uptime
say "end $nonce $now"
/bin/busybox poweroff -f # not a session's, see 55-session.sh
