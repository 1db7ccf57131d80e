// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_triple: expected verdict CRASH, a triple fault without a word. */
#include <linux/module.h>
#include <asm/desc.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	struct desc_ptr none = {};

	load_idt(&none);
	asm volatile("int3");
}

static struct kunit_case orch_red_triple_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_triple_suite = {
	.name = "orch_red_triple",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_triple_cases,
};

kunit_test_suite(orch_red_triple_suite);

MODULE_DESCRIPTION("red: a fault that nothing handles");
MODULE_LICENSE("GPL");
