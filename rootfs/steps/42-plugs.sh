# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Parts of the machine that come or go before the first suite. A state was kept
# before, so that each run has them come anew.

if [ -e /job/plugs ]; then
	while /bin/sh /plug.sh start || [ $? = 1 ]; do :; done
fi
