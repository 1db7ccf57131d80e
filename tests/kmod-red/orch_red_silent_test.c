// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_silent: expected verdict HANG, with all CPUs lost nobody can say so. */
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/stop_machine.h>
#include "orch_core.h"

static int spin(void *unused)
{
	for (;;)
		cpu_relax();
	return 0;
}

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	stop_machine(spin, NULL, cpu_online_mask);
}

static struct kunit_case orch_red_silent_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_silent_suite = {
	.name = "orch_red_silent",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_silent_cases,
};

kunit_test_suite(orch_red_silent_suite);

MODULE_DESCRIPTION("red: takes all CPUs and says nothing");
MODULE_LICENSE("GPL");
