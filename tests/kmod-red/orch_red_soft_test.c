// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_soft: expected verdict HANG, one CPU lost with interrupts on. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	/* Who prints must not be held up on this CPU. */
	msleep(300);
	preempt_disable();
	for (;;)
		cpu_relax();
}

static struct kunit_case orch_red_soft_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_soft_suite = {
	.name = "orch_red_soft",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_soft_cases,
};

kunit_test_suite(orch_red_soft_suite);

MODULE_DESCRIPTION("red: spins for ever with interrupts on");
MODULE_LICENSE("GPL");
