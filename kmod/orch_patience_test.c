// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_patience: calls that wait have no time limit.
 *
 * All of them wait at once, for threads and works that take their time, and
 * for a kthreadd that does not answer: none may return before it should.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include "orch_core.h"

static void stop_a_thread(struct orch_waiter *call)
{
	call->returned = kthread_stop(call->target->task);
}

static void park_a_thread(struct orch_waiter *call)
{
	call->returned = kthread_park(call->target->task);
}

/* Hears nothing until its gate opens; then it parks, and stops. */
static int listen_late(struct orch_thread *self)
{
	wait_for_completion(self->data);
	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		usleep_range(100, 500);
	}
	return 7;
}

static struct orch_waiter *on_deaf_thread(struct kunit *test,
					  struct completion *gate,
					  void (*fn)(struct orch_waiter *call))
{
	struct orch_thread *t = orch_thread_create(test, NUMA_NO_NODE,
						   listen_late, "orch_deaf");

	t->data = gate;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_UNINTERRUPTIBLE));
	return orch_waiter_on_thread(test, t, fn);
}

struct creator {
	struct orch_thread *made;
	struct completion done;
	bool ok;
};

static int create_one(struct orch_thread *self)
{
	struct creator *c = self->data;

	c->ok = orch_thread_made(c->made, kthread_create(orch_thread_main,
							 c->made, "orch_late"));
	complete_all(&c->done);
	return 0;
}

/* kthreadd is held as soon as it has cloned for this one. */
static struct creator *create_meanwhile(struct kunit *test)
{
	struct creator *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	int cpu = orch_kthreadd_confine(test);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, c);
	init_completion(&c->done);
	c->made = orch_thread_new(test, NUMA_NO_NODE, -1, NULL, "orch_late");
	KUNIT_ASSERT_NOT_NULL(test, c->made);
	t = orch_thread_create(test, NUMA_NO_NODE, create_one, "orch_creator");
	t->data = c;
	kthread_bind(t->task, cpu);
	orch_hold_kthreadd(test, ORCH_HOLD_CLONED);
	wake_up_process(t->task);
	KUNIT_ASSERT_TRUE(test, orch_kthreadd_is_held(ORCH_HOLD_CLONED,
						      &c->done));
	return c;
}

static void expect_creation(struct kunit *test, struct creator *c)
{
	KUNIT_EXPECT_FALSE(test, completion_done(&c->done));
	KUNIT_EXPECT_TRUE(test, orch_release_kthreadd(ORCH_HOLD_CLONED));
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&c->done,
							    ORCH_TIMEOUT));
	KUNIT_ASSERT_TRUE(test, c->ok);
	KUNIT_EXPECT_TRUE(test, orch_thread_start(c->made));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(c->made), 0);
}

/*
 * kthread_create(), kthread_flush_worker(), kthread_flush_work(),
 * kthread_cancel_work_sync(), kthread_destroy_worker(), kthread_stop() and
 * kthread_park(): what takes long is waited for like what is quick.
 */
static void waits_as_long_as_it_takes(struct kunit *test)
{
	static void (*const calls[])(struct orch_waiter *call) = {
		orch_call_flush_worker, orch_call_flush_work,
		orch_call_cancel_work, orch_call_destroy_worker,
	};
	enum { STOP = ARRAY_SIZE(calls), PARK, ALL };
	struct completion *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct orch_worker *ow = NULL;
	struct orch_work *w[ARRAY_SIZE(calls)];
	struct orch_waiter *call[ALL];
	struct creator *c = NULL;
	int i;

	orch_need_hold(test, ORCH_HOLD_CLONED);
	KUNIT_ASSERT_NOT_NULL(test, gate);
	init_completion(gate);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		ow = orch_worker_run(test, NUMA_NO_NODE, 0, "orch_slow");
		w[i] = orch_work_hold(test, ow);
		call[i] = orch_waiter_begin(test, w[i], calls[i]);
	}
	call[STOP] = on_deaf_thread(test, gate, stop_a_thread);
	call[PARK] = on_deaf_thread(test, gate, park_a_thread);
	if (num_online_cpus() > 1)
		c = create_meanwhile(test);
	msleep(orch_patience());
	for (i = 0; i < ALL; i++)
		KUNIT_EXPECT_FALSE(test, completion_done(&call[i]->done));
	if (c)
		expect_creation(test, c);
	complete_all(gate);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		complete_all(&w[i]->gate);
		orch_waiter_finish(test, call[i]);
		KUNIT_EXPECT_EQ(test, atomic_read(&w[i]->runs), 1);
	}
	ow->kw = NULL;		/* destroyed */
	orch_waiter_finish(test, call[STOP]);
	call[STOP]->target->stopped = true;
	KUNIT_EXPECT_EQ(test, call[STOP]->returned, 7);
	orch_waiter_finish(test, call[PARK]);
	KUNIT_EXPECT_EQ(test, call[PARK]->returned, 0);
	kthread_unpark(call[PARK]->target->task);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(call[PARK]->target), 7);
}

static struct kunit_case orch_patience_cases[] = {
	KUNIT_CASE(waits_as_long_as_it_takes),
	{}
};

static struct kunit_suite orch_patience_suite = {
	.name = "orch_patience",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_patience_cases,
};

kunit_test_suite(orch_patience_suite);

MODULE_DESCRIPTION("calls that wait for what takes long");
MODULE_LICENSE("GPL");
