// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_stress: many at once. What happens when is chance; what may
 * happen is not.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "orch_core.h"

#define CREATORS	6
#define EACH_CREATES	6
#define WORKS		16
#define THREAD_NAME	"orch_crowd"

/* One of several who create threads and workers. */
struct creator {
	struct kunit *test;
	struct orch_thread *self;
	int node;
	bool killable;
	int made;
	int killed;			/* -EINTR */
	int wrong;			/* any other error, or a thread gone bad */
	struct completion done;
};

static void note(struct creator *c, bool made, long err)
{
	if (made)
		c->made++;
	else if (err == -EINTR && c->killable)
		c->killed++;
	else
		c->wrong++;
}

/* Make a thread, use it or not, and end it. */
static void use_thread(struct creator *c, bool run)
{
	struct orch_thread *t = orch_thread_new(c->test, c->node, -1, NULL,
						THREAD_NAME);
	struct task_struct *task;
	bool made;

	if (!t) {
		c->wrong++;
		return;
	}
	task = kthread_create_on_node(orch_thread_main, t, c->node, THREAD_NAME);
	made = orch_thread_made(t, task);
	note(c, made, PTR_ERR_OR_ZERO(task));
	if (!made)
		return;
	/* Woken or not: it may be stopped before it has begun. */
	if (run)
		wake_up_process(task);
	t->stopped = true;
	t->result = kthread_stop(task);
	if (t->result != (atomic_read(&t->runs) ? 0 : -EINTR))
		c->wrong++;
}

static void use_worker(struct creator *c)
{
	struct orch_worker *ow = orch_worker_new(c->test, NUMA_NO_NODE, -1,
						 THREAD_NAME);
	struct kthread_worker *kw;
	bool made;

	if (!ow) {
		c->wrong++;
		return;
	}
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(0, c->node, THREAD_NAME);
#else
	kw = kthread_create_worker(0, THREAD_NAME);
#endif
	made = orch_worker_made(ow, kw);
	note(c, made, PTR_ERR_OR_ZERO(kw));
	if (made) {
		kthread_destroy_worker(kw);
		ow->kw = NULL;
	}
}

static int create_many(struct orch_thread *self)
{
	struct creator *c = self->data;
	int i;

	if (c->killable)
		allow_signal(SIGKILL);
	for (i = 0; i < EACH_CREATES; i++) {
		if (i % 3 == 2)
			use_worker(c);
		else
			use_thread(c, i % 3);
	}
	complete_all(&c->done);
	return 0;
}

static struct creator *new_creators(struct kunit *test)
{
	struct creator *c = kunit_kcalloc(test, CREATORS, sizeof(*c),
					  GFP_KERNEL);
	int i, node = first_online_node;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < CREATORS; i++) {
		c[i].test = test;
		c[i].node = node;
		node = next_online_node(node);
		if (node == MAX_NUMNODES)
			node = first_online_node;
		init_completion(&c[i].done);
		c[i].self = orch_thread_create(test, NUMA_NO_NODE, create_many,
					       "orch_creator");
		c[i].self->data = &c[i];
	}
	return c;
}

static void start(struct creator *c)
{
	int i;

	for (i = 0; i < CREATORS; i++)
		wake_up_process(c[i].self->task);
}

/* Nobody is left behind, and each creation came to an end that may be. */
static void finish(struct kunit *test, struct creator *c)
{
	int i;

	for (i = 0; i < CREATORS; i++)
		KUNIT_ASSERT_TRUE(test,
				  wait_for_completion_timeout(&c[i].done,
							      ORCH_TIMEOUT));
	for (i = 0; i < CREATORS; i++) {
		KUNIT_EXPECT_EQ(test, c[i].wrong, 0);
		KUNIT_EXPECT_EQ(test, c[i].made + c[i].killed, EACH_CREATES);
	}
	KUNIT_EXPECT_TRUE_MSG(test, orch_threads_go(THREAD_NAME, 0),
			      "%d threads stay behind",
			      orch_count_threads(THREAD_NAME));
}

/* Creators in a crowd: each gets what it asked for. */
static void many_create(struct kunit *test)
{
	struct creator *c = new_creators(test);
	int i;

	start(c);
	finish(test, c);
	for (i = 0; i < CREATORS; i++)
		KUNIT_EXPECT_EQ(test, c[i].killed, 0);
}

/* Some of them are killed on the way; that is nothing to the others. */
static void some_are_killed(struct kunit *test)
{
	struct creator *c = new_creators(test);
	int i;

	for (i = 0; i < CREATORS; i += 2)
		c[i].killable = true;
	start(c);
	for (i = 0; i < CREATORS; i += 2) {
		udelay(orch_random(test, 300));
		send_sig(SIGKILL, c[i].self->task, 1);
	}
	finish(test, c);
	for (i = 1; i < CREATORS; i += 2)
		KUNIT_EXPECT_EQ(test, c[i].killed, 0);
}

/* A CPU goes and comes back among them. */
static void cpu_goes_meanwhile(struct kunit *test)
{
	int cpu = orch_removable_cpu(test);
	struct creator *c = new_creators(test);

	start(c);
	orch_take_cpu(test, cpu);
	KUNIT_EXPECT_TRUE(test, orch_bring_cpus_back());
	finish(test, c);
}

/* Several who queue works of their own on one worker. */
struct queuer {
	struct orch_work *work[WORKS];
	int refused;
	struct completion done;
};

static int queue_all(struct orch_thread *self)
{
	struct queuer *q = self->data;
	int i;

	for (i = 0; i < WORKS; i++) {
		struct orch_work *w = q->work[i];

		if (i & 1)
			q->refused += !kthread_queue_delayed_work(w->on->kw,
								  &w->dwork,
								  i % 4);
		else
			q->refused += !orch_work_queue(w);
	}
	complete_all(&q->done);
	return 0;
}

/* kthread_queue_work(): none is lost, none runs twice, one at a time. */
static void many_queue(struct kunit *test)
{
	struct orch_worker *ow = orch_worker_run(test, NUMA_NO_NODE, 0,
						 "orch_busy");
	struct queuer *q = kunit_kcalloc(test, CREATORS, sizeof(*q), GFP_KERNEL);
	struct orch_thread *t;
	int i, k;

	KUNIT_ASSERT_NOT_NULL(test, q);
	for (i = 0; i < CREATORS; i++) {
		init_completion(&q[i].done);
		for (k = 0; k < WORKS; k++)
			q[i].work[k] = orch_work_new(test, ow, NULL);
		t = orch_thread_create(test, NUMA_NO_NODE, queue_all,
				       "orch_queuer");
		t->data = &q[i];
		wake_up_process(t->task);
	}
	for (i = 0; i < CREATORS; i++) {
		KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&q[i].done,
								    ORCH_TIMEOUT));
		KUNIT_EXPECT_EQ(test, q[i].refused, 0);
	}
	for (i = 0; i < CREATORS; i++) {
		for (k = 0; k < WORKS; k++) {
			KUNIT_ASSERT_TRUE(test, orch_work_wait(q[i].work[k]));
			KUNIT_EXPECT_EQ(test, atomic_read(&q[i].work[k]->runs),
					1);
		}
	}
}

static void cancel_fn(void *arg)
{
	struct orch_work *w = arg;

	kthread_cancel_delayed_work_sync(&w->dwork);
}

/* Whoever cancels and whoever changes delays: the worker ends up idle. */
static void many_change_delays(struct kunit *test)
{
	struct orch_worker *ow = orch_worker_run(test, NUMA_NO_NODE, 0,
						 "orch_change");
	struct orch_work *w[8];
	int i, k;

	for (k = 0; k < ARRAY_SIZE(w); k++)
		w[k] = orch_work_new(test, ow, NULL);
	for (i = 0; i < 60; i++) {
		k = orch_random(test, ARRAY_SIZE(w));
		switch (orch_random(test, 4)) {
		case 0:
			KUNIT_ASSERT_TRUE(test, orch_bounded(cancel_fn, w[k]));
			KUNIT_EXPECT_TRUE(test,
					  list_empty(&w[k]->dwork.work.node));
			break;
		case 1:
			orch_work_queue(w[k]);
			break;
		default:
			kthread_mod_delayed_work(ow->kw, &w[k]->dwork,
						 orch_random(test, 3));
			break;
		}
	}
	for (k = 0; k < ARRAY_SIZE(w); k++)
		KUNIT_ASSERT_TRUE(test, orch_bounded(cancel_fn, w[k]));
	KUNIT_EXPECT_TRUE(test, list_empty(&ow->kw->work_list));
	KUNIT_EXPECT_TRUE(test, list_empty(&ow->kw->delayed_work_list));
	KUNIT_EXPECT_TRUE(test, orch_worker_destroy(ow));
}

static struct kunit_case orch_stress_cases[] = {
	KUNIT_CASE(many_create),
	KUNIT_CASE(some_are_killed),
	KUNIT_CASE(cpu_goes_meanwhile),
	KUNIT_CASE(many_queue),
	KUNIT_CASE(many_change_delays),
	{}
};

static struct kunit_suite orch_stress_suite = {
	.name = "orch_stress",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_stress_cases,
};

kunit_test_suite(orch_stress_suite);

MODULE_DESCRIPTION("many creators, killers and queuers at once");
MODULE_LICENSE("GPL");
