// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_create: what a new kthread is, and how it runs and ends. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "orch_core.h"

/* kthread(), kernel/kthread.c: TASK_UNINTERRUPTIBLE until the first wake-up. */
static void stays_stopped_until_woken(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_stopped");
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
			(unsigned int)TASK_UNINTERRUPTIBLE);
	msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
			(unsigned int)TASK_UNINTERRUPTIBLE);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 0);
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
}

static int note_self(struct orch_thread *self)
{
	self->data = current;
	orch_wait_for_stop();
	return 0;
}

/*
 * kthread_create_on_node(): threadfn gets data. kthread_func() and
 * kthread_data() tell both back.
 */
static void gets_function_and_data(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, note_self, "orch_data");
	KUNIT_EXPECT_PTR_EQ(test, kthread_func(t->task),
			    (void *)orch_thread_main);
	KUNIT_EXPECT_PTR_EQ(test, kthread_data(t->task), (void *)t);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	KUNIT_EXPECT_PTR_EQ(test, t->data, (void *)t->task);
}

/* kthread_run() is kthread_create() and one wake-up: threadfn runs once. */
static void kthread_run_runs_once(struct kunit *test)
{
	struct orch_thread *t;
	struct task_struct *task;

	t = orch_thread_new(test, NUMA_NO_NODE, -1, NULL, "orch_run");
	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_run(orch_thread_main, t, "orch_run");
	KUNIT_ASSERT_TRUE(test, orch_thread_made(t, task));
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&t->ran,
							    ORCH_TIMEOUT));
	wake_up_process(t->task);
	msleep(20);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
}

/* kthread_stop() returns what threadfn returned. */
static void stop_returns_result(struct kunit *test)
{
	static const int results[] = { 0, -ENODATA, 42, INT_MAX, INT_MIN };
	struct orch_thread *t;
	int i;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_result");
		t->result = results[i];
		KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
		KUNIT_EXPECT_EQ(test, orch_thread_stop(t), results[i]);
	}
}

/* kthread_stop(): -EINTR if never woken, and threadfn is not called. */
static void stop_before_first_run(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_unrun");
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), -EINTR);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 0);
}

static int return_at_once(struct orch_thread *self)
{
	return 7;
}

/*
 * kthread_stop(): a thread that returned by itself keeps its result for a
 * caller that holds a reference to the task.
 */
static void stop_after_exit(struct kunit *test)
{
	struct orch_thread *t;
	unsigned long end = jiffies + ORCH_TIMEOUT;

	t = orch_thread_create(test, NUMA_NO_NODE, return_at_once, "orch_exit");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	while (!READ_ONCE(t->task->exit_state) && time_before(jiffies, end))
		usleep_range(100, 500);
	KUNIT_EXPECT_NE(test, READ_ONCE(t->task->exit_state), 0);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 7);
}

/*
 * create_kthread(), kernel/kthread.c: kthreadd (pid 2) clones all threads, so
 * that they have its clean context and not their creator's.
 */
static void child_of_kthreadd(struct kunit *test)
{
	struct task_struct *parent;
	struct orch_thread *t;
	char comm[TASK_COMM_LEN];
	pid_t pid;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_child");
	rcu_read_lock();
	parent = rcu_dereference(t->task->real_parent);
	pid = parent->pid;
	memcpy(comm, parent->comm, sizeof(comm));
	rcu_read_unlock();
	comm[TASK_COMM_LEN - 1] = '\0';
	KUNIT_EXPECT_EQ(test, pid, 2);
	KUNIT_EXPECT_STREQ(test, comm, "kthreadd");
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_KTHREAD);
	KUNIT_EXPECT_NULL(test, t->task->mm);
	KUNIT_EXPECT_PTR_NE(test, t->task, current);
}

/* kthread(): priority and CPU mask are set back to the defaults. */
static void has_default_policy(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_policy");
	KUNIT_EXPECT_EQ(test, t->task->policy, (unsigned int)SCHED_NORMAL);
	KUNIT_EXPECT_EQ(test, task_nice(t->task), 0);
}

#define CREATORS	4
#define EACH_CREATES	4

struct creation {
	struct kunit *test;
	struct orch_thread *made[EACH_CREATES];
	struct completion done;
};

static int create_some(struct orch_thread *self)
{
	struct creation *job = self->data;
	struct task_struct *task;
	struct orch_thread *t;
	int i;

	for (i = 0; i < EACH_CREATES; i++) {
		t = orch_thread_new(job->test, NUMA_NO_NODE, -1, NULL,
				    "orch_many");
		if (!t)
			break;
		task = kthread_run(orch_thread_main, t, "orch_many");
		if (orch_thread_made(t, task))
			job->made[i] = t;
	}
	complete(&job->done);
	orch_wait_for_stop();
	return 0;
}

/*
 * __kthread_create_on_node(): requests of several creators queue on one list;
 * each gets a thread of its own, with its own data.
 */
static void many_creators(struct kunit *test)
{
	struct creation *jobs;
	struct orch_thread *t;
	int i, k;

	jobs = kunit_kcalloc(test, CREATORS, sizeof(*jobs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, jobs);
	for (i = 0; i < CREATORS; i++) {
		jobs[i].test = test;
		init_completion(&jobs[i].done);
		t = orch_thread_create(test, NUMA_NO_NODE, create_some,
				       "orch_creator");
		t->data = &jobs[i];
		wake_up_process(t->task);
	}
	for (i = 0; i < CREATORS; i++)
		KUNIT_EXPECT_TRUE(test,
				  wait_for_completion_timeout(&jobs[i].done,
							      ORCH_TIMEOUT));
	for (i = 0; i < CREATORS * EACH_CREATES; i++) {
		t = jobs[i / EACH_CREATES].made[i % EACH_CREATES];
		KUNIT_ASSERT_NOT_NULL(test, t);
		KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&t->ran,
								    ORCH_TIMEOUT));
		KUNIT_EXPECT_EQ(test, t->place.pid, t->task->pid);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_PTR_NE(test, t->task,
					    jobs[k / EACH_CREATES].made[k % EACH_CREATES]->task);
	}
}

/* kthread_create(), and kthread_create_worker*(), with no thread to be had. */
static long try_thread(struct kunit *test)
{
	struct orch_thread *t = orch_thread_new(test, NUMA_NO_NODE, -1, NULL,
						"orch_many");
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_create(orch_thread_main, t, "orch_many");
	return orch_thread_made(t, task) ? 0 : PTR_ERR(task);
}

static long try_worker(struct kunit *test)
{
	struct orch_worker *ow = orch_worker_new(test, NUMA_NO_NODE, -1,
						 "orch_many");
	struct kthread_worker *kw;

	KUNIT_ASSERT_NOT_NULL(test, ow);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(0, NUMA_NO_NODE, "orch_many");
#else
	kw = kthread_create_worker(0, "orch_many");
#endif
	return orch_worker_made(ow, kw) ? 0 : PTR_ERR(kw);
}

/*
 * create_kthread(): what kernel_clone() fails with is what the creator gets;
 * that is -EAGAIN at the limit of threads (copy_process(), kernel/fork.c).
 */
static void no_more_threads(struct kunit *test)
{
	long thread, worker;

	orch_forbid_threads(test);
	thread = try_thread(test);
	worker = try_worker(test);
	KUNIT_ASSERT_TRUE(test, orch_allow_threads());
	KUNIT_EXPECT_EQ(test, thread, -EAGAIN);
	KUNIT_EXPECT_EQ(test, worker, -EAGAIN);
	KUNIT_EXPECT_EQ(test, try_thread(test), 0);
}

static struct kunit_case orch_create_cases[] = {
	KUNIT_CASE(stays_stopped_until_woken),
	KUNIT_CASE(gets_function_and_data),
	KUNIT_CASE(kthread_run_runs_once),
	KUNIT_CASE(stop_returns_result),
	KUNIT_CASE(stop_before_first_run),
	KUNIT_CASE(stop_after_exit),
	KUNIT_CASE(child_of_kthreadd),
	KUNIT_CASE(has_default_policy),
	KUNIT_CASE(many_creators),
	KUNIT_CASE(no_more_threads),
	{}
};

static struct kunit_suite orch_create_suite = {
	.name = "orch_create",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_create_cases,
};

kunit_test_suite(orch_create_suite);

MODULE_DESCRIPTION("creating, starting and stopping kthreads");
MODULE_LICENSE("GPL");
