// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_clock: expected verdict PASS. The time of day goes ten years
 * forward and back to 1971; nothing may rest on it.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/timekeeping.h>
#include "orch_core.h"

#define YEAR	(365LL * 24 * 3600)

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	struct timespec64 then;
	struct timespec64 old = { .tv_sec = YEAR };

	ktime_get_real_ts64(&then);
	then.tv_sec += 10 * YEAR;
	KUNIT_EXPECT_EQ(test, do_settimeofday64(&then), 0);
	msleep(50);
	KUNIT_EXPECT_EQ(test, do_settimeofday64(&old), 0);
	msleep(50);
}

static struct kunit_case orch_red_clock_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_clock_suite = {
	.name = "orch_red_clock",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_clock_cases,
};

kunit_test_suite(orch_red_clock_suite);

MODULE_DESCRIPTION("red: sets the clock, which must not matter");
MODULE_LICENSE("GPL");
