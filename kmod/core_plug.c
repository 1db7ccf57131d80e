// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: CPUs and memory that come to the machine, and go, when a case asks.
 *
 * The machine is the host's matter; who asks it is a script of the guest's
 * (rootfs/plug.sh), which also waits until the part is there.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/umh.h>
#include "core.h"

static int plugs_asked;
module_param(plugs_asked, int, 0444);
MODULE_PARM_DESC(plugs_asked, "how many parts come or go when a case asks");

/* Skips the case where no part is left to ask for. */
void orch_need_plugs(struct kunit *test)
{
	if (!plugs_asked)
		kunit_skip(test, "no part of this machine comes or goes");
}
EXPORT_SYMBOL_GPL(orch_need_plugs);

/*
 * The next part comes or goes. -ENOENT: there is none left; -ETIMEDOUT: the
 * guest did not see it, which the host will tell.
 */
int orch_plug_next(void)
{
	char *envp[2] = { "PATH=/bin", NULL };
	char *argv[4] = { "/bin/sh", "/plug.sh", "asked", NULL };
	int status;

	status = call_usermodehelper(argv[0], argv, envp,
				     UMH_WAIT_PROC | UMH_KILLABLE);
	if (status < 0)
		return status;
	switch (status >> 8) {
	case 0:
		plugs_asked--;
		return status ? -EINTR : 0;
	case 1:
		plugs_asked--;
		return -ETIMEDOUT;
	default:
		plugs_asked = 0;
		return -ENOENT;
	}
}
EXPORT_SYMBOL_GPL(orch_plug_next);
