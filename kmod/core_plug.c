// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: CPUs and memory that come to the machine, and go, when a case asks.
 *
 * The machine is the host's matter; who asks it is a script of the guest's
 * (rootfs/plug.sh), which also waits until the part is there.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/umh.h>
#include "core.h"

static int plugs_asked;
module_param(plugs_asked, int, 0444);
MODULE_PARM_DESC(plugs_asked, "how many parts come or go when a case asks");

#define MOST_PLUGS	32

/* Skips the case on a machine that stays as it is. */
void orch_need_plugs(struct kunit *test)
{
	if (!plugs_asked)
		kunit_skip(test, "no part of this machine comes or goes");
}
EXPORT_SYMBOL_GPL(orch_need_plugs);

/*
 * Parameter generator: one run of the case for each part, and one if there is
 * none. Each is short: who loads the suite waits for it, TASK_UNINTERRUPTIBLE.
 */
#ifdef KUNIT_CASE_PARAM_WITH_INIT
const void *orch_gen_plugs(struct kunit *test, const void *prev, char *desc)
#else
const void *orch_gen_plugs(const void *prev, char *desc)
#endif
{
	static const char parts[MOST_PLUGS];
	const char *part = prev ? (const char *)prev + 1 : parts;
	int number = part - parts;

	if (number && number >= min(plugs_asked, MOST_PLUGS))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "part%d", number);
	return part;
}
EXPORT_SYMBOL_GPL(orch_gen_plugs);

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
		return status ? -EINTR : 0;
	case 1:
		return -ETIMEDOUT;
	default:
		return -ENOENT;
	}
}
EXPORT_SYMBOL_GPL(orch_plug_next);
