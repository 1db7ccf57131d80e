// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_memory: expected verdict not PASS with kmemleak in the kernel,
 * though all cases pass. Three objects of 100 bytes are lost.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "orch_core.h"

static void red(struct kunit *test)
{
	int i;

	for (i = 0; i < 3; i++) {
		char *lost = kmalloc(100, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, lost);
		memset(lost, i, 100);
	}
}

static struct kunit_case orch_red_memory_cases[] = {
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_memory_suite = {
	.name = "orch_red_memory",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_memory_cases,
};

kunit_test_suite(orch_red_memory_suite);

MODULE_DESCRIPTION("red: loses memory");
MODULE_LICENSE("GPL");
