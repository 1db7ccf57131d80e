// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_thread: expected verdict not PASS, though all cases pass. A
 * thread stays behind; the module is pinned for it.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include "orch_core.h"

static int stay_behind(void *data)
{
	for (;;)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
	return 0;
}

static void red(struct kunit *test)
{
	struct task_struct *task;

	__module_get(THIS_MODULE);
	task = kthread_run(stay_behind, NULL, "orch_leaked");
	KUNIT_EXPECT_FALSE(test, IS_ERR(task));
}

static struct kunit_case orch_red_thread_cases[] = {
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_thread_suite = {
	.name = "orch_red_thread",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_thread_cases,
};

kunit_test_suite(orch_red_thread_suite);

MODULE_DESCRIPTION("red: leaves a thread behind");
MODULE_LICENSE("GPL");
