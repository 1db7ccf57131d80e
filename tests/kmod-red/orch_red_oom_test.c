// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_oom: expected verdict CRASH, nothing is left to take memory from. */
#include <linux/gfp.h>
#include <linux/module.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	while (alloc_pages(GFP_KERNEL, 4))
		;
	while (alloc_page(GFP_KERNEL))
		;
}

static struct kunit_case orch_red_oom_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_oom_suite = {
	.name = "orch_red_oom",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_oom_cases,
};

kunit_test_suite(orch_red_oom_suite);

MODULE_DESCRIPTION("red: takes all memory");
MODULE_LICENSE("GPL");
