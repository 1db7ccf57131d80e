// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/module.h>

static void one_is_one(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, 1);
}

static struct kunit_case my_cases[] = { KUNIT_CASE(one_is_one), {} };
static struct kunit_suite my_suite = { .name = "my_suite", .test_cases = my_cases };
kunit_test_suite(my_suite);
MODULE_DESCRIPTION("a suite of the user's");
MODULE_LICENSE("GPL");
