// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_skip: expected verdict SKIP, which proves nothing. */
#include <linux/module.h>
#include "orch_core.h"

static void skip_one(struct kunit *test)
{
	kunit_skip(test, "orch_red: as asked");
}

static void skip_other(struct kunit *test)
{
	kunit_skip(test, "orch_red: as asked again");
}

static struct kunit_case orch_red_skip_cases[] = {
	KUNIT_CASE(skip_one),
	KUNIT_CASE(skip_other),
	{}
};

static struct kunit_suite orch_red_skip_suite = {
	.name = "orch_red_skip",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_skip_cases,
};

kunit_test_suite(orch_red_skip_suite);

MODULE_DESCRIPTION("red: skips all cases");
MODULE_LICENSE("GPL");
