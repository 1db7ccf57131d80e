# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# A shell or a command of the user's, where the job has one (/job/session):
#
#   talk    terminal: a shell on the serial console, whose size comes on the
#           input port, a line "ROWS COLUMNS" each time that it changes
#           stream: input, output and errors have ports of their own
#   run     the shell script that becomes the program
#
# Init waits for it and tells each few seconds that it is alive, so that the
# host may let a command take its time, and still sees a guest that hangs.

session=/job/session
input_port=/dev/vport0p7
output_port=/dev/vport0p8
errors_port=/dev/vport0p9
console=/dev/ttyS0
alive_s=5

# enter: runs the program in its root file system; $@ comes before it.
enter() {
	"$@" /bin/sh "$session/run"
}

# leave_by_poweroff: init runs no shutdown scripts, so that poweroff ends the
# shell, and with it the run, in the same way as exit does.
leave_by_poweroff() {
	rm -f /bin/poweroff /bin/halt /bin/reboot
	cat > /bin/poweroff <<-EOS
		#!/bin/sh
		echo asked > /session.off
		read -r pid < /session.pid && kill -HUP "\$pid"
	EOS
	chmod 755 /bin/poweroff
	ln -s poweroff /bin/halt
	ln -s poweroff /bin/reboot
}

# follow_size: a line a change, until the host is gone.
follow_size() {
	while read -r rows columns; do
		stty -F "$console" rows "$rows" cols "$columns"
	done
}

# start: the program in the background, its pid in $program.
start() {
	exec 7<> "$input_port" 8> "$output_port" 9> "$errors_port"
	printf r >&8 # from now on the host may speak
	if [ "$talk" = terminal ]; then
		read -r rows columns <&7
		stty -F "$console" sane rows "$rows" cols "$columns"
		follow_size <&7 > /dev/null 2>&1 &
		enter setsid -c < "$console" > "$console" 2>&1 &
	else
		enter setsid <&7 >&8 2>&9 &
	fi
	program=$!
	echo "$program" > /session.pid
	exec 7>&- 8>&- 9>&-
}

# await: until the program has ended, its exit status in $status. A signal
# ends `wait`, too.
await() {
	trap 'uptime; say "alive $now"' USR1
	while sleep "$alive_s"; do kill -USR1 1; done &
	ticking=$!
	while wait "$program"; status=$?; kill -0 "$program"; do :; done 2> /dev/null
	kill "$ticking"
	trap - USR1
}

if [ -d "$session" ]; then
	read -r talk < "$session/talk"
	/bin/busybox --install -s /bin
	leave_by_poweroff
	mkdir -p /dev/pts /dev/shm /root /tmp
	mount -t devpts -o ptmxmode=666 devpts /dev/pts 2> /dev/null
	start
	await
	[ ! -e /session.off ] || status=0
	uptime
	say "session-end $nonce $now $status"
fi
