// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_worker: making kthread workers, and where they work. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/topology.h>
#include "orch_core.h"

/*
 * kthread_create_worker*(), kernel/kthread.c: the worker knows its task and
 * flags; the task runs kthread_worker_fn() with the worker as its data.
 */
static void worker_and_task_know_each_other(struct kunit *test)
{
	struct orch_worker *ow;

	ow = orch_worker_create(test, NUMA_NO_NODE, 0, "orch_fields");
	KUNIT_EXPECT_EQ(test, ow->kw->flags, 0U);
	KUNIT_EXPECT_TRUE(test, ow->task->flags & PF_KTHREAD);
	KUNIT_EXPECT_PTR_EQ(test, kthread_func(ow->task),
			    (void *)kthread_worker_fn);
	KUNIT_EXPECT_PTR_EQ(test, kthread_data(ow->task), (void *)ow->kw);
	KUNIT_EXPECT_TRUE(test, list_empty(&ow->kw->work_list));
	KUNIT_EXPECT_TRUE(test, list_empty(&ow->kw->delayed_work_list));
}

/*
 * kthread_init_worker(), include/linux/kthread.h: a lock class and a name for
 * each place that makes workers, so that lockdep tells their locks apart.
 */
static void places_have_lock_classes(struct kunit *test)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct kthread_worker *one, *two;

	one = kunit_kzalloc(test, sizeof(*one), GFP_KERNEL);
	two = kunit_kzalloc(test, sizeof(*two), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, one);
	KUNIT_ASSERT_NOT_NULL(test, two);
	kthread_init_worker(one);
	kthread_init_worker(two);
	KUNIT_EXPECT_PTR_NE(test, one->lock.dep_map.key, two->lock.dep_map.key);
	KUNIT_EXPECT_STREQ(test, one->lock.dep_map.name, "(one)->lock");
	KUNIT_EXPECT_STREQ(test, two->lock.dep_map.name, "(two)->lock");
#else
	kunit_skip(test, "the kernel has no lockdep");
#endif
}

/*
 * KTW_FREEZABLE is kept, and kthread_worker_fn() then gives up PF_NOFREEZE,
 * which threads have from kthreadd.
 */
static void freezable_flag(struct kunit *test)
{
	static const unsigned int flags[] = { 0, KTW_FREEZABLE };
	struct orch_worker *ow;
	struct orch_work *w;
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ow = orch_worker_run(test, NUMA_NO_NODE, flags[i],
				     "orch_freeze");
		w = orch_work_new(test, ow, NULL);
		KUNIT_EXPECT_EQ(test, ow->kw->flags, flags[i]);
		KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
		KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
		KUNIT_EXPECT_EQ(test, !(ow->task->flags & PF_NOFREEZE),
				flags[i] == KTW_FREEZABLE);
	}
}

/*
 * Since 6.14 kthread_create_worker*() leaves the worker as kthread_create()
 * leaves a thread; kthread_run_worker*() wakes it. Before, creating woke.
 */
static void create_wakes_or_not(struct kunit *test)
{
	struct orch_worker *ow;

	ow = orch_worker_create(test, NUMA_NO_NODE, 0, "orch_asleep");
	if (!ORCH_WORKER_IS_BORN_STOPPED) {
		KUNIT_EXPECT_TRUE(test, orch_wait_state(ow->task,
							TASK_INTERRUPTIBLE));
		return;
	}
	msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(ow->task->__state),
			(unsigned int)TASK_UNINTERRUPTIBLE);
	wake_up_process(ow->task);
	KUNIT_EXPECT_TRUE(test, orch_wait_state(ow->task, TASK_INTERRUPTIBLE));
}

/* kthread_run_worker(): creates and wakes. */
static void run_worker_wakes(struct kunit *test)
{
#ifdef kthread_run_worker
	struct orch_worker *ow;
	struct kthread_worker *kw;

	ow = orch_worker_new(test, NUMA_NO_NODE, -1, "orch_awake");
	KUNIT_ASSERT_NOT_NULL(test, ow);
	kw = kthread_run_worker(KTW_FREEZABLE, "orch_awake");
	KUNIT_ASSERT_TRUE(test, orch_worker_made(ow, kw));
	KUNIT_EXPECT_EQ(test, kw->flags, (unsigned int)KTW_FREEZABLE);
	KUNIT_EXPECT_TRUE(test, orch_wait_state(ow->task, TASK_INTERRUPTIBLE));
#else
	kunit_skip(test, "this tree has no kthread_run_worker()");
#endif
}

/* kthread_insert_work(): the first work wakes a worker nobody has woken. */
static void first_work_wakes(struct kunit *test)
{
	struct orch_worker *ow;
	struct orch_work *w;

	ow = orch_worker_create(test, NUMA_NO_NODE, 0, "orch_first");
	w = orch_work_new(test, ow, NULL);
	KUNIT_EXPECT_TRUE(test, orch_work_queue(w));
	KUNIT_EXPECT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, w->place.pid, ow->task->pid);
}

/*
 * kthread_create_worker_on_node(), 6.14: works run on the node's CPUs, and
 * go on doing so while the worker sleeps in between.
 */
static void works_keep_to_node(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_worker *ow;
	struct orch_work *w;
	int i;

	if (!ORCH_WORKER_TAKES_NODE)
		kunit_skip(test, "this tree's workers take no node");
	ow = orch_worker_run(test, node, 0, "orch_wnode");
	w = orch_work_new(test, ow, NULL);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
		KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
		KUNIT_EXPECT_EQ(test, w->place.pid, ow->task->pid);
		orch_expect_cpus(test, &w->place, node);
		KUNIT_ASSERT_TRUE(test, orch_wait_state(ow->task,
							TASK_INTERRUPTIBLE));
	}
}

/* kthread_create_worker_on_cpu(): works run on that CPU and no other. */
static void works_keep_to_cpu(struct kunit *test)
{
	struct orch_worker *ow;
	struct orch_work *w;
	int cpu;

	for_each_online_cpu(cpu) {
		ow = orch_worker_create_on_cpu(test, cpu, "orch_wcpu/%u");
		/* A node of one CPU would do the rest without a bind. */
		KUNIT_EXPECT_TRUE(test, ow->task->flags & PF_NO_SETAFFINITY);
		w = orch_work_new(test, ow, NULL);
		KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
		KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
		KUNIT_EXPECT_EQ(test, w->place.cpu, cpu);
		KUNIT_EXPECT_EQ(test, cpumask_weight(&w->place.allowed), 1U);
	}
}

/* kthread_destroy_worker(): works queued before are executed first. */
static void destroy_drains(struct kunit *test)
{
	struct orch_worker *ow;
	struct orch_work *w[5];
	int i;

	ow = orch_worker_run(test, NUMA_NO_NODE, 0, "orch_drain");
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = orch_work_new(test, ow, NULL);
		KUNIT_ASSERT_TRUE(test, orch_work_queue(w[i]));
	}
	KUNIT_ASSERT_TRUE(test, orch_worker_destroy(ow));
	for (i = 0; i < ARRAY_SIZE(w); i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&w[i]->runs), 1);
}

/* kthread_destroy_worker(): a worker that never ran goes, and its task too. */
static void destroy_before_first_run(struct kunit *test)
{
	struct orch_worker *ow;

	ow = orch_worker_create(test, NUMA_NO_NODE, 0, "orch_unused");
	KUNIT_EXPECT_TRUE(test, orch_worker_destroy(ow));
	KUNIT_EXPECT_TRUE(test, ow->task->flags & PF_EXITING);
}

static struct kunit_case orch_worker_cases[] = {
	KUNIT_CASE(worker_and_task_know_each_other),
	KUNIT_CASE(places_have_lock_classes),
	KUNIT_CASE(freezable_flag),
	KUNIT_CASE(create_wakes_or_not),
	KUNIT_CASE(run_worker_wakes),
	KUNIT_CASE(first_work_wakes),
	KUNIT_CASE_PARAM(works_keep_to_node, orch_gen_nodes),
	KUNIT_CASE(works_keep_to_cpu),
	KUNIT_CASE(destroy_drains),
	KUNIT_CASE(destroy_before_first_run),
	{}
};

static struct kunit_suite orch_worker_suite = {
	.name = "orch_worker",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_worker_cases,
};

kunit_test_suite(orch_worker_suite);

MODULE_DESCRIPTION("creating and destroying kthread workers, and their CPUs");
MODULE_LICENSE("GPL");
