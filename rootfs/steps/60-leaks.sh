# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Memory nothing points to any more (Documentation/dev-tools/kmemleak.rst).
#
# A scan takes an object whose content changed since the last one for used,
# so there are two; and none reports what is younger than 5 s (MSECS_MIN_AGE
# in mm/kmemleak.c), so there is a sleep.

kmemleak=/sys/kernel/debug/kmemleak
leaks_port=/dev/vport0p4

if [ -e "$kmemleak" ] && [ -e "$leaks_port" ]; then
	scanned=yes
	echo scan > "$kmemleak" || scanned=
	sleep 5
	usleep 200000
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
