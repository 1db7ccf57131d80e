# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# All before this is the same for every run on this kernel and machine. Here the
# state of the machine may be kept, and other runs go on from it: what belongs
# to one run alone comes in afterwards, as a cpio archive on a port; to a machine
# that is recorded, behind the initrd.
#
# The nonce ties every line of this boot to one run of the host.

say "ready"
[ -e /job/nonce ] || cpio -id < "$job_port" 2> /job.err || {
	read -r why < /job.err
	say "error the job did not come whole: $why"
}
[ -e /job/nonce ] || say "error no job came"
read -r nonce < /job/nonce
read -r release < /proc/sys/kernel/osrelease
uptime
say "begin $nonce $now $release"
say "$nodes"
