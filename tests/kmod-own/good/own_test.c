// SPDX-License-Identifier: GPL-2.0-only
/* A suite of the user's that uses what the modules beside it export. */

#include <kunit/test.h>
#include <linux/module.h>
#include "own.h"

static void sum_of_two(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, own_sum(own_limit(), 2), own_limit() + 2);
}

static void limit_is_small(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, own_limit(), 100);
}

static struct kunit_case own_cases[] = {
	KUNIT_CASE(sum_of_two),
	KUNIT_CASE(limit_is_small),
	{}
};

static struct kunit_suite own_suite = {
	.name = "own",
	.test_cases = own_cases,
};

kunit_test_suite(own_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("what the user's own modules export");
