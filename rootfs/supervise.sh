#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the user's program in a session, beside init; started by
# rootfs/steps/55-session.sh, which says what is where.

session=/job/session
input_port=/dev/vport0p7
output_port=/dev/vport0p8
errors_port=/dev/vport0p9
console=/dev/ttyS0

# enter: runs the program in its root file system; $@ comes before it.
enter() {
	"$@" /bin/sh "$session/run"
}

# follow_size: a line a change, until the host is gone.
follow_size() {
	while read -r rows columns; do
		stty -F "$console" rows "$rows" cols "$columns"
	done
}

exec 7<> "$input_port" 8> "$output_port" 9> "$errors_port"
printf r >&8 # from now on the host may speak
read -r talk < "$session/talk"
if [ "$talk" = terminal ]; then
	read -r rows columns <&7
	stty -F "$console" sane rows "$rows" cols "$columns"
	follow_size <&7 > /dev/null 2>&1 &
	enter setsid -c <> "$console" >&0 2>&1
else
	enter setsid <&7 >&8 2>&9
fi
echo $? > /session.new
mv /session.new /session.status
# Again and again: init may have been on its way to sleep.
while :; do
	kill -ALRM 1
	sleep 1
done
