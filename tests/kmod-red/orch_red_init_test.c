// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_init: expected verdict CRASH, as ever when init dies. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include "orch_core.h"

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_PID);

	KUNIT_ASSERT_NOT_NULL(test, init);
	/* Nobody may send it SIGKILL, and what else is fatal it survives. */
	init->signal->flags &= ~SIGNAL_UNKILLABLE;
	send_sig(SIGSEGV, init, 1);
	put_task_struct(init);
	msleep(1000);
}

static struct kunit_case orch_red_init_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_init_suite = {
	.name = "orch_red_init",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_init_cases,
};

kunit_test_suite(orch_red_init_suite);

MODULE_DESCRIPTION("red: kills init");
MODULE_LICENSE("GPL");
