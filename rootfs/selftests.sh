#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs kselftest's programs in a Debian guest, one after the other, each by the
# kernel's own run_kselftest.sh; /job/selftests/list has a line each:
#
#	LIMIT_S TARGET TEST
#
# What they print goes to standard output, a port of the host's, between marks
# that orchestrator/parse/selftests.py reads; that one has begun or ended is told
# on the results channel, too. A port is opened once at a time, and the runner
# opens its output anew: hence a pipe between. A program may leave others behind
# that hold it: so it ends where the last mark comes.
#
# A test that takes longer than its limit is ended by the runner (SIGTERM), and
# if it does not go, killed with all of its session.

job=/job/selftests
results=/dev/vport0p1
top=/kselftest

# say: one line on the results channel, which init may be writing to.
say() {
	until echo "$*" 2> /dev/null > "$results"; do
		sleep 0.1
	done
}

# mark: a line of its own, whatever the test left open.
mark() {
	printf '\n# orchestrate: %s %s\n' "$nonce" "$*" >&5
}

read -r nonce < /job/nonce
slow=100
measured=/sys/module/orch_core/parameters/slow_percent
[ ! -e "$measured" ] || read -r slow < "$measured"
[ "$slow" -ge 100 ] || slow=100
[ "$slow" -le 2000 ] || slow=2000

cd "$top" || exit 1
mkfifo /run/kselftest.pipe || exit 1
sed -u "/^# orchestrate: $nonce end of selftests\$/q" < /run/kselftest.pipe &
reader=$!
exec 5> /run/kselftest.pipe

while read -r limit_s target test <&3; do
	name=$target:$test
	limit_s=$((limit_s * slow / 100))
	# Its output comes letter by letter through a perl of the runner's.
	grace_s=$((30 * slow / 100))
	printf '\ntimeout=%s\n' "$limit_s" >> "$target/settings"
	read -r now _ < /proc/uptime
	say "test-begin $name $now"
	mark "begin $name"
	# shellcheck disable=SC2016
	setsid -w sh -c 'echo $$ > /run/kselftest.sid; exec timeout -k 5 "$@"' sh \
		$((limit_s + grace_s)) ./run_kselftest.sh -t "$name" \
		< /dev/null >&5 2>&1 3<&- 5>&-
	status=$?
	read -r sid < /run/kselftest.sid
	pkill -KILL -s "$sid"
	mark "end $name $status"
	read -r now _ < /proc/uptime
	say "test-end $name $now $status"
done 3< "$job/list"

mark "end of selftests"
exec 5>&-
wait "$reader"
