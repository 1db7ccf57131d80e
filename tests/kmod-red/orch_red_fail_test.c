// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_fail: expected verdict FAIL, from one case of three. */
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
	KUNIT_EXPECT_EQ_MSG(test, 1, 2, "orch_red: as asked");
}

static void green_after(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static struct kunit_case orch_red_fail_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	KUNIT_CASE(green_after),
	{}
};

static struct kunit_suite orch_red_fail_suite = {
	.name = "orch_red_fail",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_fail_cases,
};

kunit_test_suite(orch_red_fail_suite);

MODULE_DESCRIPTION("red: one case fails");
MODULE_LICENSE("GPL");
