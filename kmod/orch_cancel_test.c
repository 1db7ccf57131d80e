// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_cancel: cancelling works and changing their delays while others
 * act on them. The plain cases: suite orch_work.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include "orch_core.h"

/* Long enough never to pass in a test. */
#define FAR_AWAY	(3600 * HZ)

static void cancel_a_delayed_work(struct orch_waiter *call)
{
	call->returned = kthread_cancel_delayed_work_sync(&call->work->dwork);
}

static struct orch_worker *new_worker(struct kunit *test)
{
	return orch_worker_run(test, NUMA_NO_NODE, 0, "orch_cancel");
}

/*
 * kthread_cancel_work_sync(): while it waits, nothing queues the work again;
 * kthread_mod_delayed_work(): "We let the other command win and return %true".
 */
static void cancelling_blocks_queueing(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_hold(test, ow);
	struct orch_waiter *call = orch_waiter_begin(test, w, cancel_a_delayed_work);

	KUNIT_EXPECT_FALSE(test, orch_work_queue(w));
	KUNIT_EXPECT_FALSE(test, kthread_queue_delayed_work(ow->kw, &w->dwork,
							    0));
	KUNIT_EXPECT_FALSE(test, kthread_queue_delayed_work(ow->kw, &w->dwork,
							    1));
	KUNIT_EXPECT_TRUE(test, kthread_mod_delayed_work(ow->kw, &w->dwork, 0));
	KUNIT_EXPECT_TRUE(test, list_empty(&w->dwork.work.node));
	KUNIT_EXPECT_FALSE(test, timer_pending(&w->dwork.timer));
	complete_all(&w->gate);
	orch_waiter_finish(test, call);
	KUNIT_EXPECT_FALSE(test, call->returned);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_EQ(test, w->dwork.work.canceling, 0);
	/* It may be used again. */
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
}

/* Executing and queued again: was pending, will not run again, is over. */
static void cancel_executing_and_pending(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_hold(test, ow);
	struct orch_waiter *call;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	call = orch_waiter_begin(test, w, orch_call_cancel_work);
	complete_all(&w->gate);
	orch_waiter_finish(test, call);
	KUNIT_EXPECT_TRUE(test, call->returned);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&w->dwork.work.node));
}

/* Two who cancel: both wait for the end, one at most found it pending. */
static void two_cancel(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_hold(test, ow);
	struct orch_waiter *one, *two;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	one = orch_waiter_begin(test, w, orch_call_cancel_work);
	two = orch_waiter_begin(test, w, orch_call_cancel_work);
	KUNIT_EXPECT_EQ(test, w->dwork.work.canceling, 2);
	complete_all(&w->gate);
	orch_waiter_finish(test, one);
	orch_waiter_finish(test, two);
	KUNIT_EXPECT_TRUE(test, one->returned);
	KUNIT_EXPECT_FALSE(test, two->returned);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_EQ(test, w->dwork.work.canceling, 0);
}

/* kthread_mod_delayed_work(): takes a queued work back and delays it. */
static void mod_delays_queued_work(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = orch_work_hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, NULL);
	struct orch_work *last = orch_work_new(test, ow, NULL);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_FALSE(test, kthread_queue_delayed_work(ow->kw, &w->dwork,
							    1));
	KUNIT_EXPECT_TRUE(test, kthread_mod_delayed_work(ow->kw, &w->dwork,
							 FAR_AWAY));
	KUNIT_EXPECT_TRUE(test, timer_pending(&w->dwork.timer));
	KUNIT_ASSERT_TRUE(test, orch_work_queue(last));
	complete(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(last));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
	/* "If @delay is zero, @work is guaranteed to be queued immediately." */
	KUNIT_EXPECT_TRUE(test, kthread_mod_delayed_work(ow->kw, &w->dwork, 0));
	KUNIT_EXPECT_FALSE(test, timer_pending(&w->dwork.timer));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
}

/* A delay made longer: not before the later time; and only once. */
static void mod_makes_it_later(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_new(test, ow, NULL);
	unsigned long due;

	KUNIT_EXPECT_TRUE(test, kthread_queue_delayed_work(ow->kw, &w->dwork,
							   FAR_AWAY));
	due = jiffies + 4;
	KUNIT_EXPECT_TRUE(test, kthread_mod_delayed_work(ow->kw, &w->dwork, 4));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_FALSE(test, time_before(w->ran_at, due));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&ow->kw->delayed_work_list));
}

/* kthread_cancel_delayed_work_sync(): true also past the timer, if queued. */
static void cancel_delayed_and_queued(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = orch_work_hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, NULL);
	struct orch_waiter *call;

	KUNIT_ASSERT_TRUE(test, kthread_queue_delayed_work(ow->kw, &w->dwork,
							   0));
	call = orch_waiter_start(test, w, cancel_a_delayed_work);
	orch_waiter_finish(test, call);
	KUNIT_EXPECT_TRUE(test, call->returned);
	complete(&gate->gate);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(gate));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
}

/* kthread_delayed_work_timer_fn(): in the order of their times. */
static void delayed_in_order_of_time(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *late = orch_work_new(test, ow, NULL);
	struct orch_work *soon = orch_work_new(test, ow, NULL);
	bool queued;

	/* Timers of one CPU expire in order, those of two may not. */
	get_cpu();
	queued = kthread_queue_delayed_work(ow->kw, &soon->dwork, 2) &&
		 kthread_queue_delayed_work(ow->kw, &late->dwork, 6);
	put_cpu();
	KUNIT_EXPECT_TRUE(test, queued);
	KUNIT_ASSERT_TRUE(test, orch_work_wait(late));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(soon));
	KUNIT_EXPECT_LT(test, soon->rank, late->rank);
}

static struct kunit_case orch_cancel_cases[] = {
	KUNIT_CASE(cancelling_blocks_queueing),
	KUNIT_CASE(cancel_executing_and_pending),
	KUNIT_CASE(two_cancel),
	KUNIT_CASE(mod_delays_queued_work),
	KUNIT_CASE(mod_makes_it_later),
	KUNIT_CASE(cancel_delayed_and_queued),
	KUNIT_CASE(delayed_in_order_of_time),
	{}
};

static struct kunit_suite orch_cancel_suite = {
	.name = "orch_cancel",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_cancel_cases,
};

kunit_test_suite(orch_cancel_suite);

MODULE_DESCRIPTION("cancelling and delaying works while others act on them");
MODULE_LICENSE("GPL");
