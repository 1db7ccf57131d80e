// SPDX-License-Identifier: GPL-2.0-only
/* Suite fresh: tells what two machines must not have in common. */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/timekeeping.h>
#include <kunit/test.h>

static void tell(struct kunit *test)
{
	kunit_info(test, "random %016llx time %lld\n", get_random_u64(),
		   (long long)ktime_get_real_seconds());
}

static struct kunit_case fresh_cases[] = {
	KUNIT_CASE(tell),
	{}
};

static struct kunit_suite fresh_suite = {
	.name = "fresh",
	.test_cases = fresh_cases,
};

kunit_test_suite(fresh_suite);

MODULE_DESCRIPTION("random numbers and the time of day");
MODULE_LICENSE("GPL");
