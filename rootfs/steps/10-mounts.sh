# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The file systems the kernel's own interfaces live in.

mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
