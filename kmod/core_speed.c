// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: how fast this guest is now, told by a known piece of work. What
 * waits in a case are bounded by grows with it, and so do the limits that
 * init gives the kernel's own detectors (rootfs/steps/45-core.sh).
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include "core.h"

/*
 * Of all parts of the work below: numa4 under TCG, all vCPUs in one thread,
 * QEMU 7.2, on the machine class the project was measured on, idle otherwise.
 */
#define REFERENCE_NS	(1700 * NSEC_PER_USEC)
#define PARTS		5
#define ROUNDS		60000U	/* of each part */
#define MOST_PERCENT	2000U	/* MAX_FACTOR in orchestrator/plan/deadlines.py */

static unsigned int slow_percent = 100;
module_param(slow_percent, uint, 0444);
MODULE_PARM_DESC(slow_percent, "time for most parts of a known work, of the reference's; measured");

static unsigned int best_percent = 100;
module_param(best_percent, uint, 0444);
MODULE_PARM_DESC(best_percent, "the same by its fastest part; measured");

/* Arithmetic and memory, since emulators are slow at either in their own way. */
static u32 work(void)
{
	static u32 cells[256];
	u32 x = 1, i;

	for (i = 0; i < ROUNDS; i++) {
		x = x * 1664525 + 1013904223;
		x ^= READ_ONCE(cells[x >> 24]);
		WRITE_ONCE(cells[i & 255], x);
	}
	return x;
}

static unsigned int percent(u64 took_ns)
{
	return min_t(u64, div64_u64(took_ns * 100, REFERENCE_NS), MOST_PERCENT);
}

/* Most parts are as slow as the middle one: one alone may have been preempted. */
void orch_speed_init(void)
{
	u64 took[PARTS];
	int i, at;

	for (i = 0; i < PARTS; i++) {
		u64 begin = ktime_get_ns(), one;

		work();
		one = ktime_get_ns() - begin;
		one = min_t(u64, one, U32_MAX);
		for (at = i; at > 0 && took[at - 1] > one; at--)
			took[at] = took[at - 1];
		took[at] = one;
	}
	best_percent = percent(took[0] * PARTS);
	slow_percent = percent(took[PARTS / 2] * PARTS);
}

unsigned int orch_slow(unsigned int ms)
{
	return min_t(u64, (u64)ms * max(slow_percent, 100U) / 100, U32_MAX);
}
