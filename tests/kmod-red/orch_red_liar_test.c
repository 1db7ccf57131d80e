// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_liar: expected verdict not PASS, though all cases pass. What init
 * does next is overwritten: it ends its results like a run with another nonce.
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
	orch_red_next_step(test, "echo end 0123456789abcdef 9.00 > /dev/vport0p1\n");
}

static struct kunit_case orch_red_liar_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_liar_suite = {
	.name = "orch_red_liar",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_liar_cases,
};

kunit_test_suite(orch_red_liar_suite);

MODULE_DESCRIPTION("red: forges the end of the results");
MODULE_LICENSE("GPL");
