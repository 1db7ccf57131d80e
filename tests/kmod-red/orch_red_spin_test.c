// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_spin: expected verdict HANG, one CPU lost with interrupts off. */
#include <linux/irqflags.h>
#include <linux/module.h>
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
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static struct kunit_case orch_red_spin_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_spin_suite = {
	.name = "orch_red_spin",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_spin_cases,
};

kunit_test_suite(orch_red_spin_suite);

MODULE_DESCRIPTION("red: spins for ever with interrupts off");
MODULE_LICENSE("GPL");
