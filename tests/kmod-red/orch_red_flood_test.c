// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_flood: expected verdict HANG. What init does next is overwritten:
 * it sends without end on the port of the trace.
 */
#include <linux/module.h>
#include "orch_core.h"
#include "orch_red_file.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	orch_red_next_step(test, "cat /dev/zero > /dev/vport0p3\n");
}

static struct kunit_case orch_red_flood_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_flood_suite = {
	.name = "orch_red_flood",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_flood_cases,
};

kunit_test_suite(orch_red_flood_suite);

MODULE_DESCRIPTION("red: makes init send without end");
MODULE_LICENSE("GPL");
