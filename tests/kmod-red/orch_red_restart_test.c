// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_restart: expected verdict not PASS. The machine is reset before
 * the suite has ended, without a word on the console.
 */
#include <linux/module.h>
#include <linux/reboot.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	emergency_restart();
}

static void green_after(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static struct kunit_case orch_red_restart_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	KUNIT_CASE(green_after),
	{}
};

static struct kunit_suite orch_red_restart_suite = {
	.name = "orch_red_restart",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_restart_cases,
};

kunit_test_suite(orch_red_restart_suite);

MODULE_DESCRIPTION("red: resets half-way");
MODULE_LICENSE("GPL");
