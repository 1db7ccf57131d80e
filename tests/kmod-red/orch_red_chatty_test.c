// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_chatty: expected verdict HANG, prints without end. */
#include <linux/module.h>
#include <linux/printk.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	for (;;)
		pr_info("orch_red: %0900d\n", 0);
}

static struct kunit_case orch_red_chatty_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_chatty_suite = {
	.name = "orch_red_chatty",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_chatty_cases,
};

kunit_test_suite(orch_red_chatty_suite);

MODULE_DESCRIPTION("red: prints without end");
MODULE_LICENSE("GPL");
