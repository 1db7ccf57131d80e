// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_oops: expected verdict CRASH, though all cases pass. The thread
 * that oopses is its own; the case and the kernel go on.
 */
#include <linux/module.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static int read_null(struct orch_thread *self)
{
	return READ_ONCE(*(int *)self->data);
}

static void red(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, read_null, "orch_oops");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
	/* The thread is dead by now or soon; this waits for its end. */
	orch_thread_stop(t);
}

static void green_after(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static struct kunit_case orch_red_oops_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	KUNIT_CASE(green_after),
	{}
};

static struct kunit_suite orch_red_oops_suite = {
	.name = "orch_red_oops",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_oops_cases,
};

kunit_test_suite(orch_red_oops_suite);

MODULE_DESCRIPTION("red: a thread reads through NULL");
MODULE_LICENSE("GPL");
