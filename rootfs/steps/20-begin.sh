# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Who we are: the nonce ties every line of this boot to one run of the host.

read -r nonce < /job/nonce
read -r release < /proc/sys/kernel/osrelease
uptime
say "begin $nonce $now $release"
