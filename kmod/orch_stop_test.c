// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_stop: how threads end, by themselves or by kthread_stop(). */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "orch_core.h"

/* What a thread notes before it ends. */
struct notes {
	struct completion left;		/* completed by the thread as it goes */
	bool first;			/* kthread_should_stop() to begin with */
	bool last;			/* the same after its sleep */
	bool was_frozen;
	long waited;
};

static struct orch_thread *new_thread(struct kunit *test,
				      int (*fn)(struct orch_thread *self))
{
	struct notes *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, n);
	init_completion(&n->left);
	t = orch_thread_create(test, NUMA_NO_NODE, fn, "orch_end");
	t->data = n;
	return t;
}

static int exit_with_completion(struct orch_thread *self)
{
	struct notes *n = self->data;

	kthread_complete_and_exit(&n->left, 17);
	return -ENODATA;
}

/*
 * kthread_complete_and_exit(): "complete @comp and then return code to
 * kthread_stop()"; does not come back. kthread_data(): "the data value
 * specified when kthread @task was created", as long as there is a task.
 */
static void complete_and_exit(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, exit_with_completion);
	struct notes *n = t->data;

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&n->left,
							    ORCH_TIMEOUT));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 17);
	KUNIT_EXPECT_FALSE(test, completion_done(&n->left));
	KUNIT_EXPECT_PTR_EQ(test, kthread_data(t->task), (void *)t);
}

static int exit_without_completion(struct orch_thread *self)
{
	orch_wait_for_stop();
	kthread_complete_and_exit(NULL, -ENOTTY);
	return -ENODATA;
}

/* "If present": there may be no completion. */
static void exit_alone(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, exit_without_completion);

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), -ENOTTY);
}

static int look_twice(struct orch_thread *self)
{
	struct notes *n = self->data;

	n->was_frozen = true;
	n->first = kthread_should_stop() ||
		   kthread_freezable_should_stop(&n->was_frozen) ||
		   kthread_freezable_should_stop(NULL);
	orch_wait_for_stop();
	n->last = kthread_should_stop() && kthread_freezable_should_stop(NULL);
	return 0;
}

/* kthread_should_stop(): false until someone calls kthread_stop(). */
static void should_stop_tells(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, look_twice);
	struct orch_thread *other = new_thread(test, look_twice);
	struct notes *n = t->data;

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_thread_start(other));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(other->task,
						TASK_INTERRUPTIBLE));
	/* A wake-up alone is no reason to go. */
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	wake_up_process(t->task);
	KUNIT_EXPECT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	KUNIT_EXPECT_FALSE(test, n->first);
	KUNIT_EXPECT_FALSE(test, n->was_frozen);
	KUNIT_EXPECT_TRUE(test, n->last);
	/* Only who is meant goes. */
	KUNIT_EXPECT_EQ(test, READ_ONCE(other->task->exit_state), 0);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(other), 0);
}

static int wait_for_ever(struct orch_thread *self)
{
	struct notes *n = self->data;

	n->waited = wait_for_completion_interruptible(&n->left);
	n->last = kthread_should_stop();
	return 0;
}

/* kthread_stop(): TIF_NOTIFY_SIGNAL breaks an interruptible wait. */
static void stop_breaks_waits(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, wait_for_ever);
	struct notes *n = t->data;

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	KUNIT_EXPECT_EQ(test, n->waited, -ERESTARTSYS);
	KUNIT_EXPECT_TRUE(test, n->last);
}

static int sleep_deep(struct orch_thread *self)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 9;
}

/* kthread_stop(): wakes as wake_up_process() does, from each sleep. */
static void stop_wakes_deep_sleep(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, sleep_deep);

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_UNINTERRUPTIBLE));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 9);
}

static int leave_slowly(struct orch_thread *self)
{
	struct notes *n = self->data;

	orch_wait_for_stop();
	usleep_range(3000, 5000);
	n->last = true;
	return 3;
}

/* kthread_stop(): "waits for it to exit"; its memory may go after that. */
static void stop_waits_for_the_end(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, leave_slowly);
	struct notes *n = t->data;

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 3);
	KUNIT_EXPECT_TRUE(test, n->last);
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_EXITING);
}

#ifdef ORCH_HAS_STOP_PUT
static void stop_put_fn(void *arg)
{
	struct orch_thread *t = arg;

	t->result = kthread_stop_put(t->task);
}
#endif

/*
 * kthread_stop(): keeps no reference. kthread_stop_put() (6.6): drops the
 * caller's, too.
 */
static void stop_and_references(struct kunit *test)
{
	struct orch_thread *t = new_thread(test, NULL);

	t->result = 4;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_EQ(test, orch_thread_stop(t), 4);
	KUNIT_ASSERT_TRUE(test, orch_wait_refs(t->task, 1));
#ifdef ORCH_HAS_STOP_PUT
	t = new_thread(test, NULL);
	t->result = 8;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	get_task_struct(t->task);
	get_task_struct(t->task);
	KUNIT_ASSERT_TRUE(test, orch_bounded(stop_put_fn, t));
	t->stopped = true;
	KUNIT_EXPECT_EQ(test, t->result, 8);
	KUNIT_EXPECT_TRUE(test, orch_wait_refs(t->task, 2));
	KUNIT_EXPECT_EQ(test, refcount_read(&t->task->usage), 2U);
	put_task_struct(t->task);
#endif
}

/* kthread_func(): "Returns NULL if the task is not a kthread." */
static void only_kthreads_have_functions(struct kunit *test)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_PID);

	KUNIT_ASSERT_NOT_NULL(test, init);
	KUNIT_EXPECT_NULL(test, kthread_func(init));
	put_task_struct(init);
	KUNIT_EXPECT_NOT_NULL(test, kthread_func(current));
}

#define MANY	16

/* Threads that were never run go as others do, in any order. */
static void stop_many_unrun(struct kunit *test)
{
	struct orch_thread *t[MANY];
	int i, k;

	for (i = 0; i < MANY; i++)
		t[i] = new_thread(test, NULL);
	for (i = 0; i < MANY; i++) {
		k = (i * 5) % MANY;
		KUNIT_EXPECT_EQ(test, orch_thread_stop(t[k]), -EINTR);
		KUNIT_EXPECT_EQ(test, atomic_read(&t[k]->runs), 0);
	}
}

static struct kunit_case orch_stop_cases[] = {
	KUNIT_CASE(complete_and_exit),
	KUNIT_CASE(exit_alone),
	KUNIT_CASE(should_stop_tells),
	KUNIT_CASE(stop_breaks_waits),
	KUNIT_CASE(stop_wakes_deep_sleep),
	KUNIT_CASE(stop_waits_for_the_end),
	KUNIT_CASE(stop_and_references),
	KUNIT_CASE(only_kthreads_have_functions),
	KUNIT_CASE(stop_many_unrun),
	{}
};

static struct kunit_suite orch_stop_suite = {
	.name = "orch_stop",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_stop_cases,
};

kunit_test_suite(orch_stop_suite);

MODULE_DESCRIPTION("how kthreads end");
MODULE_LICENSE("GPL");
