#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the user's program in a session, beside init; started by
# rootfs/steps/55-session.sh, which says what is where.

session=/job/session
input_port=/dev/vport0p7
output_port=/dev/vport0p8
errors_port=/dev/vport0p9
# The kernel's own: ttyS0, or ttyAMA0 on arm64.
read -r console < /sys/class/tty/console/active
console=/dev/${console##* }

# mount_root: the disk, below it nothing, above it what the user adds (/job/add)
# and a layer in memory that takes all writes.
mount_root() {
	mkdir -p /lower /layer /newroot
	mount -t erofs -o ro /dev/vda /lower || return 1
	mount -t tmpfs -o size=75% layer /layer || return 1
	mkdir /layer/upper /layer/work
	lower=/lower
	[ ! -d /job/add ] || lower=/job/add:/lower
	mount -t overlay -o "lowerdir=$lower,upperdir=/layer/upper,workdir=/layer/work" \
		root /newroot || return 1
	for name in dev proc sys; do
		mkdir -p "/newroot/$name"
		mount -o rbind "/$name" "/newroot/$name" || return 1
	done
	mkdir -p /newroot/job
	mount -o bind /job /newroot/job || return 1
	mount -t tmpfs run /newroot/run
	echo "127.0.0.1 localhost" > /newroot/etc/hosts
	# No init runs there: who wants the guest to end tells ours.
	for name in poweroff halt reboot; do
		printf '#!/bin/sh\nkill -USR2 1\n' > "/newroot/usr/local/sbin/$name"
		chmod 755 "/newroot/usr/local/sbin/$name"
	done
	[ ! -d /sys/class/net/lo ] || ip link set lo up
	# Over our own root, as switch_root does: who is in a mere chroot may make no user
	# namespace (kernel/user_namespace.c, current_chrooted()).
	cd /newroot && mount -o move /newroot /
}

# start_sshd: one that knows the keys of this run alone. QEMU's network has its
# guest at 10.0.2.15.
start_sshd() {
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	mkdir -p run/sshd # here is its root: see mount_root
	chroot . /usr/sbin/sshd -f /job/ssh/sshd_config -E /var/log/sshd.log
}

# enter: runs the program in its root file system; $@ comes before it.
enter() {
	if [ "$rootfs" = debian ]; then
		"$@" chroot . /bin/sh "$session/run"
	else
		"$@" /bin/sh "$session/run"
	fi
}

# follow_size: a line a change, until the host is gone.
follow_size() {
	while read -r rows columns; do
		stty -F "$console" rows "$rows" cols "$columns"
	done
}

read -r talk < "$session/talk"
read -r rootfs < "$session/rootfs"
if [ "$rootfs" = debian ] && ! mount_root 2> /mount.err; then
	# Init reports that the session never came to its end.
	read -r why < /mount.err
	echo "<3>orchestrate: no root file system: $why" > /dev/kmsg
	exit 1
fi

read -r ssh < "$session/ssh"
if [ "$ssh" = yes ] && ! start_sshd; then
	echo "<3>orchestrate: sshd did not start" > /dev/kmsg
fi

exec 7<> "$input_port" 8> "$output_port" 9> "$errors_port"
[ "$talk" = selftests ] || printf r >&8 # from now on the host may speak
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
