// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_midway: creators killed at known points of a creation.
 *
 * __kthread_create_on_node(), kernel/kthread.c: creator, kthreadd and the new
 * thread agree by create->done on who gives up the request. kthreadd is kept
 * waiting at a point of the way, its creator is killed, and kthreadd goes on.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "orch_core.h"

#define ROUNDS	24
#define MOST_US	400

/* Someone who creates a thread, or a worker, and may be killed in the act. */
struct creator {
	struct kunit *test;
	struct orch_thread *self;
	bool wants_worker;
	bool began;
	long result;			/* 1: made; else a negative errno */
	struct completion done;
	struct orch_thread *made;	/* the record, also of what was not made */
};

static long make_thread(struct creator *c)
{
	struct task_struct *task;

	c->made = orch_thread_new(c->test, NUMA_NO_NODE, -1, NULL,
				  ORCH_HELD_NAME);
	if (!c->made)
		return -ENODATA;
	WRITE_ONCE(c->began, true);
	task = kthread_create(orch_thread_main, c->made, ORCH_HELD_NAME);
	return orch_thread_made(c->made, task) ? 1 : PTR_ERR(task);
}

static long make_worker(struct creator *c)
{
	struct orch_worker *ow = orch_worker_new(c->test, NUMA_NO_NODE, -1,
						 ORCH_HELD_NAME);
	struct kthread_worker *kw;

	if (!ow)
		return -ENODATA;
	WRITE_ONCE(c->began, true);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(0, NUMA_NO_NODE, ORCH_HELD_NAME);
#else
	kw = kthread_create_worker(0, ORCH_HELD_NAME);
#endif
	return orch_worker_made(ow, kw) ? 1 : PTR_ERR(kw);
}

static int create_once(struct orch_thread *self)
{
	struct creator *c = self->data;

	allow_signal(SIGKILL);
	c->result = c->wants_worker ? make_worker(c) : make_thread(c);
	complete_all(&c->done);
	return 0;
}

static struct creator *new_creator(struct kunit *test, bool wants_worker,
				   int cpu)
{
	struct creator *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->wants_worker = wants_worker;
	init_completion(&c->done);
	c->self = orch_thread_create(test, NUMA_NO_NODE, create_once,
				     "orch_creator");
	c->self->data = c;
	if (cpu >= 0)
		kthread_bind(c->self->task, cpu);
	return c;
}

static bool answered(struct creator *c)
{
	return wait_for_completion_timeout(&c->done, ORCH_TIMEOUT);
}

static bool kthreadd_is_cloning(void)
{
	return orch_kthreadd_is_held(ORCH_HOLD_CLONED, NULL);
}

static void kill_it(struct creator *c)
{
	send_sig(SIGKILL, c->self->task, 1);
}

static bool orphans_go(struct kunit *test, int want)
{
	bool gone = orch_threads_go(ORCH_HELD_NAME, want);

	KUNIT_EXPECT_TRUE_MSG(test, gone, "%d threads stay behind",
			      orch_count_threads(ORCH_HELD_NAME) - want);
	return gone;
}

/* Others are served as ever. */
static void expect_service(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_after");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
}

/*
 * Killed while kthreadd clones: -EINTR without waiting for it. kthread()
 * finds nobody to answer to: the thread ends and never calls threadfn.
 */
static void killed_while_cloned(struct kunit *test, bool wants_worker)
{
	int cpu = orch_kthreadd_confine(test);
	struct creator *c = new_creator(test, wants_worker, cpu);

	orch_hold_kthreadd(test, ORCH_HOLD_CLONED);
	wake_up_process(c->self->task);
	KUNIT_ASSERT_TRUE(test, kthreadd_is_cloning());
	kill_it(c);
	KUNIT_EXPECT_TRUE(test, answered(c));
	KUNIT_EXPECT_EQ(test, c->result, -EINTR);
	KUNIT_EXPECT_TRUE(test, orch_release_kthreadd(ORCH_HOLD_CLONED));
	orphans_go(test, 0);
	if (c->made)
		KUNIT_EXPECT_EQ(test, atomic_read(&c->made->runs), 0);
	expect_service(test);
}

static void thread_killed_while_cloned(struct kunit *test)
{
	killed_while_cloned(test, false);
}

static void worker_killed_while_cloned(struct kunit *test)
{
	killed_while_cloned(test, true);
}

/* Have kthreadd busy with first when second asks; kill second, who queues. */
static void kill_queued(struct kunit *test, struct creator *first,
			struct creator *second)
{
	orch_hold_kthreadd(test, ORCH_HOLD_CLONED);
	wake_up_process(first->self->task);
	KUNIT_ASSERT_TRUE(test, kthreadd_is_cloning());
	wake_up_process(second->self->task);
	/* TASK_KILLABLE: it waits for its answer. */
	KUNIT_ASSERT_TRUE(test, orch_wait_state(second->self->task,
						TASK_KILLABLE));
	kill_it(second);
	KUNIT_EXPECT_TRUE(test, answered(second));
	KUNIT_EXPECT_EQ(test, second->result, -EINTR);
}

/*
 * Killed before kthreadd has seen the request: -EINTR. The request stays
 * listed and is cleaned up later; the one before it is not disturbed.
 */
static void killed_in_the_queue(struct kunit *test)
{
	int cpu = orch_kthreadd_confine(test);
	struct creator *first = new_creator(test, false, cpu);
	struct creator *second = new_creator(test, false, cpu);

	kill_queued(test, first, second);
	KUNIT_EXPECT_TRUE(test, orch_release_kthreadd(ORCH_HOLD_CLONED));
	KUNIT_EXPECT_TRUE(test, answered(first));
	KUNIT_EXPECT_EQ(test, first->result, 1);
	orphans_go(test, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&second->made->runs), 0);
	expect_service(test);
}

/* create_kthread(): the same, and the clone fails: nobody is told, all goes. */
static void killed_and_clone_fails(struct kunit *test)
{
	int cpu = orch_kthreadd_confine(test);
	struct creator *first = new_creator(test, false, cpu);
	struct creator *second = new_creator(test, true, cpu);

	orch_need_faults(test);
	kill_queued(test, first, second);
	orch_fail_nth(orch_kthreadd(), 1);
	KUNIT_EXPECT_TRUE(test, orch_release_kthreadd(ORCH_HOLD_CLONED));
	KUNIT_EXPECT_TRUE(test, answered(first));
	KUNIT_EXPECT_EQ(test, first->result, 1);
	orphans_go(test, 1);
	expect_service(test);
	KUNIT_EXPECT_EQ(test, orch_fail_left(orch_kthreadd()), 0U);
}

/*
 * Killed after kthreadd has taken create->done and before it completes it: the
 * creator waits on, unkillably, and gets the answer, here a failed clone's.
 */
static void killed_before_the_answer(struct kunit *test)
{
	int cpu = orch_kthreadd_confine(test);
	struct creator *c = new_creator(test, false, cpu);

	orch_need_faults(test);
	orch_hold_kthreadd(test, ORCH_HOLD_FAILED);
	orch_fail_nth(orch_kthreadd(), 1);
	wake_up_process(c->self->task);
	if (!orch_kthreadd_is_held(ORCH_HOLD_FAILED, &c->done)) {
		KUNIT_ASSERT_TRUE(test, completion_done(&c->done));
		KUNIT_EXPECT_EQ(test, c->result, -ENOMEM);
		kunit_skip(test, "kthreadd frees no name before it answers");
	}
	kill_it(c);
	KUNIT_EXPECT_TRUE(test, orch_wait_state(c->self->task,
						TASK_UNINTERRUPTIBLE));
	KUNIT_EXPECT_FALSE(test, completion_done(&c->done));
	KUNIT_EXPECT_TRUE(test, orch_release_kthreadd(ORCH_HOLD_FAILED));
	KUNIT_EXPECT_TRUE(test, answered(c));
	KUNIT_EXPECT_EQ(test, c->result, -ENOMEM);
	orphans_go(test, 0);
	expect_service(test);
}

/* kthreadd(): first come, first served; none is killed here. */
static void served_in_order(struct kunit *test)
{
	int cpu = orch_kthreadd_confine(test);
	struct creator *c[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = new_creator(test, false, cpu);
	orch_hold_kthreadd(test, ORCH_HOLD_CLONED);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		wake_up_process(c[i]->self->task);
		if (!i)
			KUNIT_ASSERT_TRUE(test, kthreadd_is_cloning());
		KUNIT_ASSERT_TRUE(test, orch_wait_state(c[i]->self->task,
							TASK_KILLABLE));
	}
	KUNIT_EXPECT_TRUE(test, orch_release_kthreadd(ORCH_HOLD_CLONED));
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		KUNIT_ASSERT_TRUE(test, answered(c[i]));
		KUNIT_ASSERT_EQ(test, c[i]->result, 1);
		if (i)
			KUNIT_EXPECT_GT(test, c[i]->made->task->pid,
					c[i - 1]->made->task->pid);
	}
}

/* Killed after the answer: the thread is the creator's, and there to use. */
static void killed_after(struct kunit *test)
{
	struct creator *c = new_creator(test, false, -1);

	wake_up_process(c->self->task);
	KUNIT_ASSERT_TRUE(test, answered(c));
	kill_it(c);
	KUNIT_ASSERT_EQ(test, c->result, 1);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(c->self), 0);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(c->made));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(c->made), 0);
}

/* Wait until c is about to ask, or has its answer. */
static void wait_for_asking(struct creator *c)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	while (!READ_ONCE(c->began) && time_before(jiffies, end))
		usleep_range(10, 50);
}

/* Any other moment: a thread or -EINTR, nothing between. */
static void killed_at_any_time(struct kunit *test)
{
	struct creator *c;
	int i, made = 0;

	for (i = 0; i < ROUNDS; i++) {
		c = new_creator(test, i & 1, -1);
		wake_up_process(c->self->task);
		wait_for_asking(c);
		udelay(orch_random(test, MOST_US));
		kill_it(c);
		KUNIT_ASSERT_TRUE(test, answered(c));
		if (c->result == 1)
			made++;
		else
			KUNIT_EXPECT_EQ(test, c->result, -EINTR);
	}
	orphans_go(test, made);
	expect_service(test);
}

static struct kunit_case orch_midway_cases[] = {
	KUNIT_CASE(thread_killed_while_cloned),
	KUNIT_CASE(worker_killed_while_cloned),
	KUNIT_CASE(killed_in_the_queue),
	KUNIT_CASE(killed_and_clone_fails),
	KUNIT_CASE(killed_before_the_answer),
	KUNIT_CASE(served_in_order),
	KUNIT_CASE(killed_after),
	KUNIT_CASE(killed_at_any_time),
	{}
};

static struct kunit_suite orch_midway_suite = {
	.name = "orch_midway",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_midway_cases,
};

kunit_test_suite(orch_midway_suite);

MODULE_DESCRIPTION("creators killed before, during and after a creation");
MODULE_LICENSE("GPL");
