// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_freezer: freezable threads and workers while tasks are frozen.
 *
 * A suspend is begun. One thread of the case is freezable but does not freeze,
 * so that all others are frozen and nothing goes further; a wake-up event then
 * ends the suspend before any device takes part (try_to_freeze_tasks(),
 * kernel/power/process.c).
 */
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include "orch_core.h"

/* A freezable thread's observations. */
struct sleeper {
	atomic_t rounds;
	atomic_t thaws;			/* was_frozen was set */
	int wrong;			/* was_frozen and nobody froze it, ... */
	bool expect_frozen;
};

/* All of one suspend; there is only one at a time. */
static struct {
	struct completion done;
	int result;
	bool begun;
} freeze;

static int not_freeze(struct orch_thread *self)
{
	/* set_freezable() would freeze, if it came to that. */
	current->flags &= ~PF_NOFREEZE;
	orch_wait_for_stop();
	current->flags |= PF_NOFREEZE;
	return 0;
}

static int suspend(struct orch_thread *self)
{
	freeze.result = pm_suspend(PM_SUSPEND_TO_IDLE);
	complete_all(&freeze.done);
	return 0;
}

/* Frozen by the freezer: TASK_FROZEN since 6.1. */
static bool is_frozen(struct task_struct *task)
{
	return READ_ONCE(task->__state) & TASK_FROZEN;
}

/*
 * __refrigerator() sets the state before it looks whether to stay: only who has
 * left the run queue is frozen. Off the CPU is not enough, since it may have
 * been preempted before it looked.
 */
static bool wait_frozen(struct task_struct *task)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	if (!orch_wait_state(task, TASK_FROZEN))
		return false;
	while (READ_ONCE(task->on_cpu) || READ_ONCE(task->on_rq)) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(100, 500);
	}
	return is_frozen(task);
}

static void begin_freeze(struct kunit *test)
{
	struct orch_thread *unwilling, *suspender;

	if (!IS_ENABLED(CONFIG_SUSPEND))
		kunit_skip(test, "the kernel cannot suspend");
	unwilling = orch_thread_create(test, NUMA_NO_NODE, not_freeze,
				       "orch_unwilling");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(unwilling));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(unwilling->task,
						TASK_INTERRUPTIBLE));
	suspender = orch_thread_create(test, NUMA_NO_NODE, suspend,
				       "orch_suspender");
	init_completion(&freeze.done);
	freeze.begun = true;
	wake_up_process(suspender->task);
}

/* Thaw all; false: the suspend goes on. */
static bool end_freeze(void)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	/* Events before user space is being frozen are forgotten. */
	while (freeze.begun && !completion_done(&freeze.done)) {
		if (time_after(jiffies, end))
			return false;
		pm_system_wakeup();
		usleep_range(500, 1000);
	}
	freeze.begun = false;
	return true;
}

static void expect_thawed(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, end_freeze());
	KUNIT_EXPECT_EQ(test, freeze.result, -EBUSY);
}

static struct orch_worker *new_worker(struct kunit *test, unsigned int flags)
{
	struct orch_worker *ow;

	ow = orch_worker_run(test, NUMA_NO_NODE, flags, "orch_fw");
	KUNIT_ASSERT_TRUE(test, orch_wait_state(ow->task, TASK_INTERRUPTIBLE));
	return ow;
}

/*
 * kthread_worker_fn(): an idle KTW_FREEZABLE worker freezes. Its works wait,
 * and run in order when it has thawed; those of other workers do not wait.
 */
static void idle_worker_freezes(struct kunit *test)
{
	struct orch_worker *frozen = new_worker(test, KTW_FREEZABLE);
	struct orch_worker *other = new_worker(test, 0);
	struct orch_work *w[3], *free;
	int i;

	begin_freeze(test);
	KUNIT_ASSERT_TRUE(test, wait_frozen(frozen->task));
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = orch_work_new(test, frozen, NULL);
		KUNIT_EXPECT_TRUE(test, orch_work_queue(w[i]));
	}
	KUNIT_EXPECT_FALSE(test, orch_work_queue(w[0]));
	free = orch_work_new(test, other, NULL);
	KUNIT_EXPECT_TRUE(test, orch_work_queue(free));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(free));
	KUNIT_EXPECT_FALSE(test, is_frozen(other->task));
	KUNIT_EXPECT_TRUE(test, is_frozen(frozen->task));
	for (i = 0; i < ARRAY_SIZE(w); i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&w[i]->runs), 0);
	expect_thawed(test);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		KUNIT_EXPECT_TRUE(test, orch_work_wait(w[i]));
		KUNIT_EXPECT_EQ(test, w[i]->rank, free->rank + 1 + i);
	}
}

/* "a safe point for freezing when one work finishes and before a new one" */
static void busy_worker_freezes_between(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test, KTW_FREEZABLE);
	struct orch_worker *idle = new_worker(test, KTW_FREEZABLE);
	struct orch_work *first = orch_work_new(test, ow, orch_hold);
	struct orch_work *second = orch_work_new(test, ow, NULL);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(first));
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&first->begun,
							    ORCH_TIMEOUT));
	KUNIT_ASSERT_TRUE(test, orch_work_queue(second));
	begin_freeze(test);
	/* Kernel threads are being frozen, and this one is at work. */
	KUNIT_ASSERT_TRUE(test, wait_frozen(idle->task));
	KUNIT_EXPECT_FALSE(test, is_frozen(ow->task));
	complete(&first->gate);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(first));
	KUNIT_ASSERT_TRUE(test, wait_frozen(ow->task));
	KUNIT_EXPECT_EQ(test, atomic_read(&second->runs), 0);
	expect_thawed(test);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(second));
}

static int sleep_freezably(struct orch_thread *self)
{
	struct sleeper *s = self->data;
	bool was_frozen = true;

	set_freezable();
	while (!kthread_freezable_should_stop(&was_frozen)) {
		if (was_frozen)
			atomic_inc(&s->thaws);
		if (was_frozen && !READ_ONCE(s->expect_frozen))
			s->wrong++;
		atomic_inc(&s->rounds);
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !freezing(current))
			schedule();
		__set_current_state(TASK_RUNNING);
		was_frozen = true;
	}
	return was_frozen ? 12 : 11;
}

static struct orch_thread *new_sleeper(struct kunit *test)
{
	struct sleeper *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, s);
	t = orch_thread_create(test, NUMA_NO_NODE, sleep_freezably,
			       "orch_sleeper");
	t->data = s;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	return t;
}

/*
 * kthread_freezable_should_stop(): "will enter refrigerator if necessary", and
 * says so after the thaw.
 */
static void thread_freezes_and_knows(struct kunit *test)
{
	struct orch_thread *t = new_sleeper(test);
	struct sleeper *s = t->data;

	wake_up_process(t->task);
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	KUNIT_EXPECT_EQ(test, atomic_read(&s->thaws), 0);
	WRITE_ONCE(s->expect_frozen, true);
	begin_freeze(test);
	KUNIT_ASSERT_TRUE(test, wait_frozen(t->task));
	/* A wake-up is no thaw. */
	wake_up_process(t->task);
	KUNIT_EXPECT_TRUE(test, is_frozen(t->task));
	expect_thawed(test);
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	KUNIT_EXPECT_EQ(test, atomic_read(&s->thaws), 1);
	KUNIT_EXPECT_EQ(test, s->wrong, 0);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 11);
}

static int stop_other(struct orch_thread *self)
{
	struct orch_thread *other = self->data;

	/* Not to be stopped again by the end of the case. */
	other->stopped = true;
	return kthread_stop(other->task);
}

/*
 * "safe from kthread_stop() / freezer deadlock": a frozen thread goes, since
 * 6.1 when it has thawed, and is told of both.
 */
static void frozen_thread_stops(struct kunit *test)
{
	struct orch_thread *t = new_sleeper(test);
	struct sleeper *s = t->data;
	struct orch_thread *stopper;

	WRITE_ONCE(s->expect_frozen, true);
	stopper = orch_thread_create(test, NUMA_NO_NODE, stop_other,
				     "orch_stopper");
	stopper->data = t;
	begin_freeze(test);
	KUNIT_ASSERT_TRUE(test, wait_frozen(t->task));
	KUNIT_ASSERT_TRUE(test, orch_thread_start(stopper));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(stopper->task,
						TASK_UNINTERRUPTIBLE));
	expect_thawed(test);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(stopper), 12);
}

/* While tasks are frozen, new threads are made and run, as PF_NOFREEZE. */
static void threads_are_made_meanwhile(struct kunit *test)
{
	struct orch_worker *witness = new_worker(test, KTW_FREEZABLE);
	struct orch_worker *late;
	struct orch_thread *t;
	struct orch_work *w;

	begin_freeze(test);
	KUNIT_ASSERT_TRUE(test, wait_frozen(witness->task));
	t = orch_thread_create(test, 0, NULL, "orch_meanwhile");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	/* A freezable worker that begins now freezes before its first work. */
	late = orch_worker_create(test, NUMA_NO_NODE, KTW_FREEZABLE, "orch_late");
	w = orch_work_new(test, late, NULL);
	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, wait_frozen(late->task));
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
	expect_thawed(test);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
}

/* insmod waits for the cases in a sleep that cannot be frozen. */
static int exempt_loader(struct kunit_suite *suite)
{
	current->flags |= PF_NOFREEZE;
	return 0;
}

static void restore_loader(struct kunit_suite *suite)
{
	current->flags &= ~PF_NOFREEZE;
}

static void end_case(struct kunit *test)
{
	if (!end_freeze())
		KUNIT_FAIL(test, "the suspend does not end");
	orch_end(test);
}

static struct kunit_case orch_freezer_cases[] = {
	KUNIT_CASE(idle_worker_freezes),
	KUNIT_CASE(busy_worker_freezes_between),
	KUNIT_CASE(thread_freezes_and_knows),
	KUNIT_CASE(frozen_thread_stops),
	KUNIT_CASE(threads_are_made_meanwhile),
	{}
};

static struct kunit_suite orch_freezer_suite = {
	.name = "orch_freezer",
	.suite_init = exempt_loader,
	.suite_exit = restore_loader,
	.init = orch_suite_init,
	.exit = end_case,
	.test_cases = orch_freezer_cases,
};

kunit_test_suite(orch_freezer_suite);

MODULE_DESCRIPTION("freezable threads and workers while tasks are frozen");
MODULE_LICENSE("GPL");
