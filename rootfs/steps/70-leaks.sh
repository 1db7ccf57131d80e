# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Memory nothing points to any more (Documentation/dev-tools/kmemleak.rst).
#
# A scan takes an object whose content changed since the last one for used,
# so there are two, the first of them in 50-suites.sh; and none reports what
# is younger than 5 s (MSECS_MIN_AGE in mm/kmemleak.c), so the rest of that
# time is slept.

leaks_port=/dev/vport0p4
min_age_cs=520

# centiseconds: "21.72" to 2172, in $cs.
centiseconds() {
	cs=${1%.*}${1#*.}
	cs=${cs#0}
}

if [ -e "$kmemleak" ] && [ -e "$leaks_port" ]; then
	centiseconds "$ended"
	until_cs=$((cs + min_age_cs))
	uptime
	centiseconds "$now"
	[ "$cs" -ge "$until_cs" ] || usleep $(((until_cs - cs) * 10000))
	echo scan > "$kmemleak" || scanned=
	cat "$kmemleak" > /leaks.txt || scanned=
	cat /leaks.txt > "$leaks_port"
	read -r bytes _ <<-EOF
		$(wc -c < /leaks.txt)
	EOF
	if [ "$scanned" ]; then
		say "leaks $bytes"
	else
		say "error kmemleak did not scan"
	fi
fi
