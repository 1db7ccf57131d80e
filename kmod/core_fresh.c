// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: what machines that go on from one kept state must not share, the
 * time of day and random numbers.
 *
 * The kernel has a device for the latter (drivers/virt/vmgenid.c), which acts
 * some time after the machine goes on; here it is done before any suite runs.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <uapi/linux/random.h>
#include "core.h"

static long epoch_s;
module_param(epoch_s, long, 0444);
MODULE_PARM_DESC(epoch_s, "the time it is, seconds since 1970; 0: leave it");

static char *entropy = "";
module_param(entropy, charp, 0400);
MODULE_PARM_DESC(entropy, "text to seed the random generator with");

static void set_clock(void)
{
	struct timespec64 now = { .tv_sec = epoch_s };

	if (epoch_s && do_settimeofday64(&now))
		pr_warn("the clock cannot be set\n");
}

/* Written, it is mixed in; asked to, the generator takes it up at once. */
static bool reseed(const char *bytes, size_t len)
{
	struct file *file = orch_open_as_init("dev/urandom", O_WRONLY);
	loff_t at = 0;
	bool done;

	if (IS_ERR(file))
		return false;
	done = kernel_write(file, bytes, len, &at) == len &&
	       !file->f_op->unlocked_ioctl(file, RNDRESEEDCRNG, 0);
	filp_close(file, NULL);
	return done;
}

void orch_fresh_init(void)
{
	set_clock();
	if (*entropy && !reseed(entropy, strlen(entropy)))
		pr_warn("the random generator cannot be seeded\n");
}
