// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_warn: expected verdict not PASS, though all cases pass. */
#include <linux/bug.h>
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
	WARN_ONCE(1, "orch_red: as asked");
}

static struct kunit_case orch_red_warn_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_warn_suite = {
	.name = "orch_red_warn",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_warn_cases,
};

kunit_test_suite(orch_red_warn_suite);

MODULE_DESCRIPTION("red: warns in a case that passes");
MODULE_LICENSE("GPL");
