// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_park: parking threads and letting them go on.
 *
 * kthread_park(), kernel/kthread.c: "Sets kthread_should_park() for @k to
 * return true, wakes it, and waits for it to return", that is to be in
 * TASK_PARKED and off its CPU.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include "orch_core.h"

#define ROUNDS	4

/* What a thread that can be parked tells of itself. */
struct parking {
	atomic_t parked;		/* times it is about to park, or did */
	atomic_t back;			/* times it came back */
	int wrong;			/* what it saw and should not have */
	struct completion resumed;	/* once each time it came back */
};

static void park_here(struct parking *p)
{
	atomic_inc(&p->parked);
	kthread_parkme();
	if (kthread_should_park() && !kthread_should_stop())
		p->wrong++;
	if (get_current_state() != TASK_RUNNING)
		p->wrong++;
	atomic_inc(&p->back);
	complete(&p->resumed);
}

static int park_when_asked(struct orch_thread *self)
{
	while (!kthread_should_stop()) {
		if (kthread_should_park())
			park_here(self->data);
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !kthread_should_park())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return self->result;
}

static struct orch_thread *new_thread(struct kunit *test, int cpu)
{
	struct parking *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, p);
	init_completion(&p->resumed);
	if (cpu < 0)
		t = orch_thread_create(test, NUMA_NO_NODE, park_when_asked,
				       "orch_park");
	else
		t = orch_thread_create_on_cpu(test, cpu, "orch_park/%u");
	t->fn = park_when_asked;
	t->data = p;
	return t;
}

struct park {
	struct task_struct *task;
	int result;
};

static void park_fn(void *arg)
{
	struct park *call = arg;

	call->result = kthread_park(call->task);
}

/* Park t and expect what is promised; a call that blocks ends the case. */
static void park(struct kunit *test, struct orch_thread *t)
{
	struct park *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->task = t->task;
	KUNIT_ASSERT_TRUE(test, orch_bounded(park_fn, call));
	KUNIT_EXPECT_EQ(test, call->result, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
			(unsigned int)TASK_PARKED);
#ifdef CONFIG_SMP
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->on_cpu), 0);
#endif
}

/* Unpark t, which parked in its function, and wait until it is back there. */
static void unpark(struct kunit *test, struct orch_thread *t)
{
	struct parking *p = t->data;

	kthread_unpark(t->task);
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&p->resumed,
							    ORCH_TIMEOUT));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
}

static int wait_woken_when_asked(struct orch_thread *self)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	while (!kthread_should_stop()) {
		/* Asked, and woken for that, before it begins to wait. */
		while (!kthread_should_park() && !kthread_should_stop())
			usleep_range(200, 500);
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
		if (kthread_should_park())
			park_here(self->data);
	}
	return self->result;
}

/*
 * wait_woken(), kernel/sched/wait.c: does not sleep in a thread that is asked
 * to park or to stop already (kthread_should_stop_or_park()).
 */
static void wait_woken_heeds_parking(struct kunit *test)
{
	struct orch_thread *t;
	struct parking *p;
	int i;

	if (!ORCH_WAIT_WOKEN_PARKS)
		kunit_skip(test, "wait_woken() of this tree does not");
	t = new_thread(test, -1);
	p = t->data;
	t->fn = wait_woken_when_asked;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	for (i = 1; i <= ROUNDS; i++) {
		park(test, t);
		kthread_unpark(t->task);
		KUNIT_ASSERT_TRUE(test,
				  wait_for_completion_timeout(&p->resumed,
							      ORCH_TIMEOUT));
	}
	KUNIT_EXPECT_EQ(test, p->wrong, 0);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
}

/* As often as wanted; the function goes on where it was. */
static void parks_and_goes_on(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);
	struct parking *p = t->data;
	int i;

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	for (i = 1; i <= ROUNDS; i++) {
		park(test, t);
		KUNIT_EXPECT_EQ(test, atomic_read(&p->parked), i);
		KUNIT_EXPECT_EQ(test, atomic_read(&p->back), i - 1);
		unpark(test, t);
		KUNIT_EXPECT_EQ(test, atomic_read(&p->parked), i);
	}
	KUNIT_EXPECT_EQ(test, p->wrong, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
}

/* TASK_PARKED is no part of TASK_NORMAL: only kthread_unpark() ends it. */
static void wake_up_does_not_unpark(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);
	struct parking *p = t->data;

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	park(test, t);
	KUNIT_EXPECT_EQ(test, wake_up_process(t->task), 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
			(unsigned int)TASK_PARKED);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->back), 0);
	unpark(test, t);
}

/* "the thread will park without calling threadfn()"; unparked, it calls it. */
static void park_before_first_run(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);

	park(test, t);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 0);
	KUNIT_EXPECT_EQ(test, wake_up_process(t->task), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 0);
	kthread_unpark(t->task);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&t->ran,
							    ORCH_TIMEOUT));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
}

/* kthread_stop(): unparks, so that the function can return its result. */
static void stop_parked(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);
	struct parking *p = t->data;

	t->result = 5;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	park(test, t);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 5);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->back), 1);
}

/*
 * kthread(): a thread that was parked before its first run is past the check
 * for a stop; its function is called and finds kthread_should_stop().
 */
static void stop_parked_before_first_run(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);

	t->result = 6;
	park(test, t);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 6);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
}

/* kthread_unpark(): nothing, if the thread was not asked to park. */
static void unpark_of_others(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);
	struct parking *p = t->data;

	kthread_unpark(t->task);
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
			(unsigned int)TASK_UNINTERRUPTIBLE);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	kthread_unpark(t->task);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->back), 0);
	/* No request is left over that would undo the next one. */
	park(test, t);
	unpark(test, t);
}

static int park_oneself(struct orch_thread *self)
{
	struct parking *p = self->data;

	if (kthread_should_park() || kthread_should_stop())
		p->wrong++;
	/* Nobody asked: returns at once. */
	set_current_state(TASK_INTERRUPTIBLE);
	kthread_parkme();
	if (get_current_state() != TASK_RUNNING)
		p->wrong++;
	if (kthread_park(current) || !kthread_should_park())
		p->wrong++;
	if (kthread_should_stop())
		p->wrong++;
	park_here(p);
	orch_wait_for_stop();
	return 0;
}

/* "If called by the kthread itself just the park bit is set." */
static void parks_itself(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, -1);
	struct parking *p = t->data;

	t->fn = park_oneself;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_PARKED));
	unpark(test, t);
	KUNIT_EXPECT_EQ(test, p->wrong, 0);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
}

/* A bind survives: kthread_create_on_cpu()'s threads park and stay. */
static void bound_thread_parks(struct kunit *test)
{
	struct orch_thread *t;
	int cpu;

	for_each_online_cpu(cpu) {
		t = new_thread(test, cpu);
		park(test, t);
		kthread_unpark(t->task);
		KUNIT_ASSERT_TRUE(test,
				  wait_for_completion_timeout(&t->ran,
							      ORCH_TIMEOUT));
		KUNIT_EXPECT_EQ(test, t->place.cpu, cpu);
		park(test, t);
		unpark(test, t);
		KUNIT_EXPECT_EQ(test, task_cpu(t->task), (unsigned int)cpu);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(t->task->cpus_ptr,
						      cpumask_of(cpu)));
		KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NO_SETAFFINITY);
	}
}

static struct kunit_case orch_park_cases[] = {
	KUNIT_CASE(parks_and_goes_on),
	KUNIT_CASE(wait_woken_heeds_parking),
	KUNIT_CASE(wake_up_does_not_unpark),
	KUNIT_CASE(park_before_first_run),
	KUNIT_CASE(stop_parked),
	KUNIT_CASE(stop_parked_before_first_run),
	KUNIT_CASE(unpark_of_others),
	KUNIT_CASE(parks_itself),
	KUNIT_CASE(bound_thread_parks),
	{}
};

static struct kunit_suite orch_park_suite = {
	.name = "orch_park",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_park_cases,
};

kunit_test_suite(orch_park_suite);

MODULE_DESCRIPTION("parking kthreads, and letting them go on");
MODULE_LICENSE("GPL");
