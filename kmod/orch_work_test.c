// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_work: queueing, flushing, delaying and cancelling works. */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include "orch_core.h"

/* Long enough never to pass in a test. */
#define FAR_AWAY	(3600 * HZ)

static struct orch_worker *new_worker(struct kunit *test)
{
	return orch_worker_run(test, NUMA_NO_NODE, 0, "orch_work");
}

/* A work that keeps ow busy; open its gate to let the worker go on. */
static struct orch_work *hold(struct kunit *test, struct orch_worker *ow)
{
	struct orch_work *w = orch_work_new(test, ow, orch_hold);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&w->begun,
							    ORCH_TIMEOUT));
	return w;
}

static void flush_worker_fn(void *arg)
{
	kthread_flush_worker(arg);
}

static void flush_work_fn(void *arg)
{
	kthread_flush_work(arg);
}

struct cancel {
	struct orch_work *work;
	bool delayed;
	bool was_pending;
};

static void cancel_fn(void *arg)
{
	struct cancel *c = arg;

	if (c->delayed)
		c->was_pending = kthread_cancel_delayed_work_sync(&c->work->dwork);
	else
		c->was_pending = kthread_cancel_work_sync(&c->work->dwork.work);
}

/* What cancelling w returned; a call that blocks for good ends the case. */
static bool cancel(struct kunit *test, struct orch_work *w, bool delayed)
{
	struct cancel *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->work = w;
	c->delayed = delayed;
	KUNIT_ASSERT_TRUE(test, orch_bounded(cancel_fn, c));
	return c->was_pending;
}

static bool queue_delayed(struct orch_work *w, unsigned long delay)
{
	return kthread_queue_delayed_work(w->on->kw, &w->dwork, delay);
}

static bool mod_delayed(struct orch_work *w, unsigned long delay)
{
	return kthread_mod_delayed_work(w->on->kw, &w->dwork, delay);
}

/* kthread_queue_work(): works run in the order queued, once, in the worker. */
static void in_the_order_queued(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = hold(test, ow);
	struct orch_work *w[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = orch_work_new(test, ow, NULL);
		KUNIT_EXPECT_TRUE(test, orch_work_queue(w[i]));
	}
	complete(&gate->gate);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		KUNIT_ASSERT_TRUE(test, orch_work_wait(w[i]));
		KUNIT_EXPECT_EQ(test, w[i]->rank, gate->rank + 1 + i);
		KUNIT_EXPECT_EQ(test, atomic_read(&w[i]->runs), 1);
		KUNIT_EXPECT_EQ(test, w[i]->place.pid, ow->task->pid);
	}
}

/* kthread_queue_work(): false while pending, true once it has run. */
static void pending_is_refused(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, NULL);

	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_FALSE(test, orch_work_queue(w));
	complete(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 2);
}

/* A work that is executing is not pending and may be queued again. */
static void running_may_be_queued(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = hold(test, ow);

	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	complete_all(&w->gate);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 2);
}

/* kthread_flush_worker(): what was queued before has run on return. */
static void flush_worker(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = orch_work_new(test, ow, NULL);
		KUNIT_ASSERT_TRUE(test, orch_work_queue(w[i]));
	}
	KUNIT_ASSERT_TRUE(test, orch_bounded(flush_worker_fn, ow->kw));
	for (i = 0; i < ARRAY_SIZE(w); i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&w[i]->runs), 1);
}

static void open_gate(struct orch_work *self)
{
	struct orch_work *gate = self->data;

	complete(&gate->gate);
}

/*
 * kthread_flush_work(): waits for that work, not for those behind it. All are
 * queued when the flush begins; the one behind waits for a gate that is
 * opened only after the flush.
 */
static void flush_one_work(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, NULL);
	struct orch_work *behind = orch_work_new(test, ow, orch_hold);
	struct orch_work *opener = orch_work_new(test, new_worker(test),
						 open_gate);

	opener->data = gate;
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_queue(behind));
	KUNIT_ASSERT_TRUE(test, queue_delayed(opener, 3));
	KUNIT_ASSERT_TRUE(test, orch_bounded(flush_work_fn, &w->dwork.work));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&behind->runs), 0);
	complete(&behind->gate);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(behind));
}

/* kthread_flush_work(): returns at once for a work never queued, or idle. */
static void flush_idle_work(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_new(test, ow, NULL);

	KUNIT_EXPECT_TRUE(test, orch_bounded(flush_work_fn, &w->dwork.work));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_TRUE(test, orch_bounded(flush_work_fn, &w->dwork.work));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
}

/* Workers do not wait for each other: one lets the other go on. */
static void workers_are_independent(struct kunit *test)
{
	struct orch_work *gate = hold(test, new_worker(test));
	struct orch_work *w = orch_work_new(test, new_worker(test), open_gate);

	w->data = gate;
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(gate));
}

/* kthread_queue_delayed_work(): runs once, and not before its time. */
static void delayed_runs_late(struct kunit *test)
{
	struct orch_work *w = orch_work_new(test, new_worker(test), NULL);
	unsigned long due = jiffies + 25;

	KUNIT_EXPECT_TRUE(test, queue_delayed(w, 25));
	KUNIT_EXPECT_FALSE(test, queue_delayed(w, 1));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_FALSE(test, time_before(w->ran_at, due));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
}

/* kthread_queue_delayed_work(): a delay of 0 queues at once, in order. */
static void delay_of_zero(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = hold(test, ow);
	struct orch_work *first = orch_work_new(test, ow, NULL);
	struct orch_work *second = orch_work_new(test, ow, NULL);

	KUNIT_EXPECT_TRUE(test, queue_delayed(first, 0));
	KUNIT_EXPECT_TRUE(test, orch_work_queue(second));
	complete(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(second));
	KUNIT_EXPECT_EQ(test, atomic_read(&first->runs), 1);
	KUNIT_EXPECT_LT(test, first->rank, second->rank);
}

/*
 * kthread_mod_delayed_work(): false for an idle work, which is queued; true
 * for a waiting one, whose delay is replaced.
 */
static void mod_changes_delay(struct kunit *test)
{
	struct orch_work *w = orch_work_new(test, new_worker(test), NULL);

	KUNIT_EXPECT_FALSE(test, mod_delayed(w, FAR_AWAY));
	KUNIT_EXPECT_TRUE(test, mod_delayed(w, 1));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_FALSE(test, mod_delayed(w, 0));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 2);
}

/* kthread_cancel_delayed_work_sync(): true while waiting; it never runs. */
static void cancel_waiting(struct kunit *test)
{
	struct orch_work *w = orch_work_new(test, new_worker(test), NULL);

	KUNIT_ASSERT_TRUE(test, queue_delayed(w, FAR_AWAY));
	KUNIT_EXPECT_TRUE(test, cancel(test, w, true));
	KUNIT_EXPECT_FALSE(test, timer_pending(&w->dwork.timer));
	KUNIT_EXPECT_TRUE(test, list_empty(&w->dwork.work.node));
	KUNIT_EXPECT_FALSE(test, cancel(test, w, true));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
}

/* kthread_cancel_work_sync(): true while queued; the work never runs. */
static void cancel_queued(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, NULL);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_TRUE(test, cancel(test, w, false));
	complete(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_bounded(flush_worker_fn, ow->kw));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
}

/* kthread_cancel_work_sync(): false for an idle or never queued work. */
static void cancel_idle(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_new(test, ow, NULL);

	KUNIT_EXPECT_FALSE(test, cancel(test, w, false));
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_bounded(flush_worker_fn, ow->kw));
	KUNIT_EXPECT_FALSE(test, cancel(test, w, false));
}

static void linger(struct orch_work *self)
{
	wait_for_completion_timeout(&self->gate, msecs_to_jiffies(20));
}

/*
 * kthread_cancel_work_sync(): waits for a work that is executing, and says
 * that it was not pending.
 */
static void cancel_waits_for_running(struct kunit *test)
{
	struct orch_work *w = orch_work_new(test, new_worker(test), linger);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&w->begun,
							    ORCH_TIMEOUT));
	KUNIT_EXPECT_FALSE(test, cancel(test, w, false));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
}

#define TIMES_AGAIN	3

/* Lingers the last time, so that each boot sees as many executions. */
static void queue_again(struct orch_work *self)
{
	if (atomic_read(&self->runs) == TIMES_AGAIN)
		wait_for_completion_timeout(&self->gate, msecs_to_jiffies(80));
	orch_work_queue(self);
}

/* kthread_cancel_work_sync(): ends a work that queues itself again. */
static void cancel_requeuing(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_new(test, ow, queue_again);
	int i, ran;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	for (i = 0; i < TIMES_AGAIN; i++)
		KUNIT_ASSERT_TRUE(test,
				  wait_for_completion_timeout(&w->begun,
							      ORCH_TIMEOUT));
	cancel(test, w, false);
	ran = atomic_read(&w->runs);
	KUNIT_ASSERT_TRUE(test, orch_bounded(flush_worker_fn, ow->kw));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), ran);
	KUNIT_EXPECT_TRUE(test, list_empty(&w->dwork.work.node));
}

/*
 * kthread_delayed_work_timer_fn(): a work whose time comes while the worker is
 * busy waits its turn, behind those queued before and ahead of those after.
 */
static void due_while_busy(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = hold(test, ow);
	struct orch_work *before = orch_work_new(test, ow, NULL);
	struct orch_work *due = orch_work_new(test, ow, NULL);
	struct orch_work *after = orch_work_new(test, ow, NULL);
	unsigned long end = jiffies + ORCH_TIMEOUT;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(before));
	KUNIT_ASSERT_TRUE(test, queue_delayed(due, 1));
	while (timer_pending(&due->dwork.timer) && time_before(jiffies, end))
		usleep_range(500, 1000);
	/* The timer is not pending while its handler runs. */
	usleep_range(2000, 4000);
	KUNIT_EXPECT_FALSE(test, list_empty(&due->dwork.work.node));
	KUNIT_EXPECT_TRUE(test, list_empty(&ow->kw->delayed_work_list));
	KUNIT_ASSERT_TRUE(test, orch_work_queue(after));
	KUNIT_EXPECT_EQ(test, atomic_read(&due->runs), 0);
	complete(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(after));
	KUNIT_EXPECT_EQ(test, atomic_read(&due->runs), 1);
	KUNIT_EXPECT_LT(test, before->rank, due->rank);
	KUNIT_EXPECT_LT(test, due->rank, after->rank);
}

static struct kunit_case orch_work_cases[] = {
	KUNIT_CASE(in_the_order_queued),
	KUNIT_CASE(pending_is_refused),
	KUNIT_CASE(running_may_be_queued),
	KUNIT_CASE(flush_worker),
	KUNIT_CASE(flush_one_work),
	KUNIT_CASE(flush_idle_work),
	KUNIT_CASE(workers_are_independent),
	KUNIT_CASE(delayed_runs_late),
	KUNIT_CASE(delay_of_zero),
	KUNIT_CASE(due_while_busy),
	KUNIT_CASE(mod_changes_delay),
	KUNIT_CASE(cancel_waiting),
	KUNIT_CASE(cancel_queued),
	KUNIT_CASE(cancel_idle),
	KUNIT_CASE(cancel_waits_for_running),
	KUNIT_CASE(cancel_requeuing),
	{}
};

static struct kunit_suite orch_work_suite = {
	.name = "orch_work",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_work_cases,
};

kunit_test_suite(orch_work_suite);

MODULE_DESCRIPTION("queueing, flushing, delaying and cancelling kthread works");
MODULE_LICENSE("GPL");
