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
#define REFERENCE_NS	(2400 * NSEC_PER_USEC)
#define PARTS		4U
#define ROUNDS		75000U	/* of each part */
#define MOST_PERCENT	2000U	/* MAX_FACTOR in orchestrator/plan/deadlines.py */

static unsigned int slow_percent = 100;
module_param(slow_percent, uint, 0444);
MODULE_PARM_DESC(slow_percent, "time for a known piece of work, of the reference's; measured");

static unsigned int best_percent = 100;
module_param(best_percent, uint, 0444);
MODULE_PARM_DESC(best_percent, "the same by its fastest part, without what the host took; measured");

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

void orch_speed_init(void)
{
	u64 all = 0, best = U64_MAX;
	unsigned int i;

	for (i = 0; i < PARTS; i++) {
		u64 begin = ktime_get_ns(), took;

		work();
		took = ktime_get_ns() - begin;
		all += took;
		best = min(best, took);
	}
	slow_percent = percent(all);
	best_percent = percent(min_t(u64, best, U32_MAX) * PARTS);
}

unsigned int orch_slow(unsigned int ms)
{
	return min_t(u64, (u64)ms * max(slow_percent, 100U) / 100, U32_MAX);
}
