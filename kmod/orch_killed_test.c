// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_killed: creators with a fatal signal pending.
 *
 * __kthread_create_on_node(), kernel/kthread.c, waits killably. A creator that
 * is killed gets -EINTR, and kthreadd or the new thread cleans up. Whether
 * all memory is given back as well is for kmemleak to say: the suite takes
 * the path often enough for its report.
 *
 * The creator shares kthreadd's CPU, and as a realtime thread is not preempted
 * by it: kthreadd cannot answer before the creator has looked for signals.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "orch_core.h"

#define TIMES	10

struct victim {
	struct kunit *test;
	int interrupted;
	int made;
	int other_error;
	int not_set_up;
	struct completion done;
};

static void count(struct victim *v, bool made, long err)
{
	if (made)
		v->made++;
	else if (err == -EINTR)
		v->interrupted++;
	else
		v->other_error = err;
}

static void create_thread_killed(struct victim *v)
{
	struct orch_thread *t = orch_thread_new(v->test, NUMA_NO_NODE, -1, NULL,
						"orch_orphan");
	struct task_struct *task;

	if (!t) {
		v->not_set_up++;
		return;
	}
	send_sig(SIGKILL, current, 1);
	task = kthread_create(orch_thread_main, t, "orch_orphan");
	count(v, orch_thread_made(t, task), PTR_ERR_OR_ZERO(task));
}

static void create_worker_killed(struct victim *v)
{
	struct orch_worker *ow = orch_worker_new(v->test, NUMA_NO_NODE, -1,
						 "orch_orphan");
	struct kthread_worker *kw;

	if (!ow) {
		v->not_set_up++;
		return;
	}
	send_sig(SIGKILL, current, 1);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(0, NUMA_NO_NODE, "orch_orphan");
#else
	kw = kthread_create_worker(0, "orch_orphan");
#endif
	count(v, orch_worker_made(ow, kw), PTR_ERR_OR_ZERO(kw));
}

static int be_killed_creating_threads(struct orch_thread *self)
{
	struct victim *v = self->data;
	int i;

	allow_signal(SIGKILL);
	for (i = 0; i < TIMES; i++)
		create_thread_killed(v);
	complete(&v->done);
	return 0;
}

static int be_killed_creating_workers(struct orch_thread *self)
{
	struct victim *v = self->data;
	int i;

	allow_signal(SIGKILL);
	for (i = 0; i < TIMES; i++)
		create_worker_killed(v);
	complete(&v->done);
	return 0;
}

static void expect_clean_eintr(struct kunit *test,
			       int (*fn)(struct orch_thread *self))
{
	struct victim *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->test = test;
	init_completion(&v->done);
	t = orch_thread_create(test, NUMA_NO_NODE, fn, "orch_victim");
	t->data = v;
	kthread_bind(t->task, orch_kthreadd_pin(test));
	sched_set_fifo(t->task);
	wake_up_process(t->task);
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&v->done,
							    ORCH_TIMEOUT));
	KUNIT_ASSERT_EQ(test, v->not_set_up, 0);
	KUNIT_EXPECT_EQ(test, v->other_error, 0);
	KUNIT_EXPECT_EQ(test, v->interrupted, TIMES);
	KUNIT_EXPECT_TRUE_MSG(test, orch_threads_go("orch_orphan", v->made),
			      "%d threads stay behind",
			      orch_count_threads("orch_orphan") - v->made);
}

/* kthread_create(): -EINTR, and no thread stays behind. */
static void thread_creator_killed(struct kunit *test)
{
	expect_clean_eintr(test, be_killed_creating_threads);
}

/* kthread_create_worker*(): the same, and no worker either. */
static void worker_creator_killed(struct kunit *test)
{
	expect_clean_eintr(test, be_killed_creating_workers);
}

/* Others are not disturbed: kthreadd goes on serving them. */
static void others_are_served(struct kunit *test)
{
	struct orch_thread *t;

	expect_clean_eintr(test, be_killed_creating_threads);
	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_after");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
}

static struct kunit_case orch_killed_cases[] = {
	KUNIT_CASE(thread_creator_killed),
	KUNIT_CASE(worker_creator_killed),
	KUNIT_CASE(others_are_served),
	{}
};

static struct kunit_suite orch_killed_suite = {
	.name = "orch_killed",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_killed_cases,
};

kunit_test_suite(orch_killed_suite);

MODULE_DESCRIPTION("creating kthreads and workers while being killed");
MODULE_LICENSE("GPL");
