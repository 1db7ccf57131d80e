# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# A shell or a command of the user's, where the job has one (/job/session):
#
#   talk    terminal: a shell on the serial console, whose size comes on the
#           input port, a line "ROWS COLUMNS" each time that it changes
#           stream: input, output and errors have ports of their own
#           selftests: the same, but nobody waits for them to be there
#   rootfs  busybox, or debian: on /dev/vda
#   ssh     yes: sshd runs, with the keys in /job/ssh
#   run     the shell script that becomes the program
#
# Init waits and tells each few seconds that it is alive, so that the host may
# let a command take its time, and still sees a guest that hangs. poweroff,
# halt and reboot without -f signal init (halt.c of busybox), which ends the
# session.
#
# The program is no background job: a shell without job control has those
# ignore SIGINT, and all that they start with them. start-stop-daemon has not.

alive_s=5

# stalled: has the kernel reported a task or a CPU that does not get on? A
# command may be that task, and then never ends. The words are those of
# kernel/hung_task.c, kernel/watchdog.c and kernel/rcu/tree_stall.h.
stalled() {
	dmesg | grep -E -q "blocked for more than|soft lockup|self-detected stall|detected stalls"
}

# await: until the program has ended, somebody wants the guest to, or, without
# a person at the terminal, there is nothing more to hope for.
await() {
	trap 'off=yes' USR1 USR2 TERM
	trap : ALRM
	off=
	while [ ! -e /session.status ] && [ -z "$off" ]; do
		read -r pid < /session.pid
		kill -0 "$pid" || break
		sleep "$alive_s" &
		wait $!
		uptime
		say "alive $now"
		[ "$talk" = terminal ] || ! stalled || break
	done
	trap - USR1 USR2 TERM
	trap '' ALRM
}

if [ -d /job/session ]; then
	/bin/busybox --install -s /bin
	mkdir -p /dev/pts /dev/shm /root /tmp
	mount -t devpts -o ptmxmode=666 devpts /dev/pts 2> /dev/null
	# What udev would make: programs take them for granted.
	ln -s /proc/self/fd /dev/fd
	ln -s /proc/self/fd/0 /dev/stdin
	ln -s /proc/self/fd/1 /dev/stdout
	ln -s /proc/self/fd/2 /dev/stderr
	read -r talk < /job/session/talk
	start-stop-daemon -S -b -m -p /session.pid -x /bin/sh -- /supervise.sh
	await
	[ -z "$off" ] || echo 0 > /session.status
	kill -KILL -1 # what it left would go on beside the last words
	if [ -e /session.status ]; then
		read -r status < /session.status
		uptime
		say "session-end $nonce $now $status"
	fi
fi
