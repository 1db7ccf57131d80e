# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Those that no case has asked for. Each one is tried, whatever became of those
# before it: the host compares what it sees with what should be.

if [ -e /job/plugs ]; then
	while /bin/sh /plug.sh rest || [ $? = 1 ]; do :; done
fi
