# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The machine as the guest sees it (view.sh) when it has booted. Told once there
# is a job: one write, since each waits for the host.

# shellcheck source=/dev/null
. /view.sh
nodes=$(guest_nodes; guest_hmat)
