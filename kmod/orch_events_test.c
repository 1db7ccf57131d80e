// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_events: what threads and works tell tracers, and when.
 *
 * include/trace/events/sched.h: sched_kthread_stop, "performed to end a
 * kthread"; sched_kthread_stop_ret, "the return value of the kthread
 * stopping"; sched_kthread_work_queue_work, "called when a work gets queued";
 * ..._execute_start and ..._execute_end, "immediately before" and "immediately
 * after the kthread_worker callback".
 */
#include <linux/module.h>
#include "orch_core.h"

/* What the thread returns; no other thread that ends meanwhile does. */
#define RESULT	0x5eed

enum moment { QUEUED, STARTED, IN_WORK, ENDED, STOPPING, TOLD, STOPPED, MOMENTS };

/* Of one case: written by the probes, as long as subjects are set. */
static struct {
	const struct kthread_work *work;
	const struct kthread_worker *worker;	/* said to have been queued on */
	const struct task_struct *thread;
	void *function;				/* said to have ended */
	atomic_t steps;
	atomic_t times[MOMENTS];
	int at[MOMENTS];			/* the step of the last time */
} seen;

static void note(enum moment moment)
{
	seen.at[moment] = atomic_inc_return(&seen.steps);
	atomic_inc(&seen.times[moment]);
}

static void on_queue(void *data, struct kthread_worker *worker,
		     struct kthread_work *work)
{
	if (work != READ_ONCE(seen.work))
		return;
	seen.worker = worker;
	note(QUEUED);
}

static void on_start(void *data, struct kthread_work *work)
{
	if (work == READ_ONCE(seen.work))
		note(STARTED);
}

static void on_end(void *data, struct kthread_work *work,
		   kthread_work_func_t function)
{
	if (work != READ_ONCE(seen.work))
		return;
	seen.function = function;
	note(ENDED);
}

static void on_stop(void *data, struct task_struct *thread)
{
	if (thread == READ_ONCE(seen.thread))
		note(STOPPING);
}

static void on_stop_ret(void *data, int result)
{
	if (result == RESULT)
		note(STOPPED);
}

static struct orch_hook hooks[] = {
	{ .name = "sched_kthread_work_queue_work", .probe = on_queue },
	{ .name = "sched_kthread_work_execute_start", .probe = on_start },
	{ .name = "sched_kthread_work_execute_end", .probe = on_end },
	{ .name = "sched_kthread_stop", .probe = on_stop },
	{ .name = "sched_kthread_stop_ret", .probe = on_stop_ret },
};

static void forget(void)
{
	WRITE_ONCE(seen.work, NULL);
	WRITE_ONCE(seen.thread, NULL);
}

static void end(struct kunit *test)
{
	forget();
	orch_unhook_all(hooks, ARRAY_SIZE(hooks));
	orch_end(test);
}

/* end() undoes it, whatever becomes of the case. */
static void watch(struct kunit *test)
{
	int i;

	memset(&seen, 0, sizeof(seen));
	orch_hook_all(hooks, ARRAY_SIZE(hooks));
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!hooks[i].on)
			kunit_skip(test, "this kernel has no event %s",
				   hooks[i].name);
	}
}

static void expect_in_order(struct kunit *test, const enum moment *moments,
			    int count)
{
	int i;

	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ_MSG(test, atomic_read(&seen.times[moments[i]]), 1,
				    "moment %d", moments[i]);
		KUNIT_EXPECT_EQ_MSG(test, seen.at[moments[i]], i + 1,
				    "moment %d", moments[i]);
	}
}

static void note_work(struct orch_work *self)
{
	note(IN_WORK);
}

/* Behind the work, so that what is said after it has been said. */
static void work_done(struct kunit *test, struct orch_worker *ow)
{
	struct orch_work *last = orch_work_new(test, ow, NULL);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(last));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(last));
}

/* Each once, in this order; queueing a work that is pending says nothing. */
static void work_events(struct kunit *test)
{
	static const enum moment order[] = { QUEUED, STARTED, IN_WORK, ENDED };
	struct orch_worker *ow = orch_worker_run(test, NUMA_NO_NODE, 0,
						 "orch_tell");
	struct orch_work *gate = orch_work_hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, note_work);
	kthread_work_func_t function = w->dwork.work.func;

	watch(test);
	WRITE_ONCE(seen.work, &w->dwork.work);
	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_PTR_EQ(test, seen.worker,
			    (const struct kthread_worker *)ow->kw);
	KUNIT_EXPECT_FALSE(test, kthread_queue_work(ow->kw, &w->dwork.work));
	complete_all(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	work_done(test, ow);
	expect_in_order(test, order, ARRAY_SIZE(order));
	KUNIT_EXPECT_PTR_EQ(test, seen.function, (void *)function);
}

/* A delayed work is queued when its time has come, and not before. */
static void delayed_work_events(struct kunit *test)
{
	static const enum moment order[] = { QUEUED, STARTED, IN_WORK, ENDED };
	struct orch_worker *ow = orch_worker_run(test, NUMA_NO_NODE, 0,
						 "orch_tell");
	struct orch_work *w = orch_work_new(test, ow, note_work);

	watch(test);
	WRITE_ONCE(seen.work, &w->dwork.work);
	KUNIT_EXPECT_TRUE(test, kthread_queue_delayed_work(ow->kw, &w->dwork,
							   HZ * 1000));
	KUNIT_EXPECT_EQ(test, atomic_read(&seen.times[QUEUED]), 0);
	kthread_mod_delayed_work(ow->kw, &w->dwork, 1);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	work_done(test, ow);
	expect_in_order(test, order, ARRAY_SIZE(order));
}

static int note_stop(struct orch_thread *self)
{
	orch_wait_for_stop();
	note(TOLD);
	return RESULT;
}

/* Before the thread is told, and when it has gone: with what it returned. */
static void stop_events(struct kunit *test)
{
	static const enum moment order[] = { STOPPING, TOLD, STOPPED };
	struct orch_thread *t = orch_thread_create(test, NUMA_NO_NODE, note_stop,
						   "orch_tell");

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	watch(test);
	WRITE_ONCE(seen.thread, t->task);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), RESULT);
	forget();
	expect_in_order(test, order, ARRAY_SIZE(order));
}

static struct kunit_case orch_events_cases[] = {
	KUNIT_CASE(work_events),
	KUNIT_CASE(delayed_work_events),
	KUNIT_CASE(stop_events),
	{}
};

static struct kunit_suite orch_events_suite = {
	.name = "orch_events",
	.init = orch_suite_init,
	.exit = end,
	.test_cases = orch_events_cases,
};

kunit_test_suite(orch_events_suite);

MODULE_DESCRIPTION("what threads and works tell tracers");
MODULE_LICENSE("GPL");
