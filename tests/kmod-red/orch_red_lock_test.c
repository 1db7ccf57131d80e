// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_lock: expected verdict HANG. A thread keeps a mutex; a worker
 * waits for it in one work, with another queued behind.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include "orch_core.h"

static DEFINE_MUTEX(orch_red_mutex);
static DECLARE_COMPLETION(orch_red_taken);

static int keep_the_lock(struct orch_thread *self)
{
	mutex_lock(&orch_red_mutex);
	complete(&orch_red_taken);
	orch_wait_for_stop();
	mutex_unlock(&orch_red_mutex);
	return 0;
}

static void want_the_lock(struct orch_work *self)
{
	mutex_lock(&orch_red_mutex);
	mutex_unlock(&orch_red_mutex);
}

static void come_after(struct orch_work *self)
{
}

static void red(struct kunit *test)
{
	struct orch_worker *ow;
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, keep_the_lock, "orch_keeper");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&orch_red_taken, ORCH_TIMEOUT), 0);
	ow = orch_worker_run(test, NUMA_NO_NODE, 0, "orch_wanter");
	KUNIT_EXPECT_TRUE(test, orch_work_queue(orch_work_new(test, ow, want_the_lock)));
	KUNIT_EXPECT_TRUE(test, orch_work_queue(orch_work_new(test, ow, come_after)));
	kthread_flush_worker(ow->kw);
}

static struct kunit_case orch_red_lock_cases[] = {
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_lock_suite = {
	.name = "orch_red_lock",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_lock_cases,
};

kunit_test_suite(orch_red_lock_suite);

MODULE_DESCRIPTION("red: a worker waits for a lock that is kept");
MODULE_LICENSE("GPL");
