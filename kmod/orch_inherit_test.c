// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_inherit: what a new thread has from kthreadd, and what not.
 *
 * kernel/kthread.c: "Creation is done via kthreadd, so that we get a clean
 * environment even if we're invoked from userspace".
 */
#include <linux/module.h>
#include <linux/mm_types.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "orch_core.h"

static struct orch_thread *new_thread(struct kunit *test)
{
	return orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_inherit");
}

/*
 * kthread(): "The new thread inherited kthreadd's priority and CPU mask. Reset
 * back to default in case they have been changed." Here they have been.
 */
static void policy_is_reset(struct kunit *test)
{
	struct orch_thread *t;

	sched_set_fifo_low(orch_kthreadd());
	KUNIT_ASSERT_EQ(test, orch_kthreadd()->policy,
			(unsigned int)SCHED_FIFO);
	t = new_thread(test);
	sched_set_normal(orch_kthreadd(), 0);
	KUNIT_EXPECT_EQ(test, t->task->policy, (unsigned int)SCHED_NORMAL);
	KUNIT_EXPECT_EQ(test, t->task->rt_priority, 0U);
	KUNIT_EXPECT_EQ(test, task_nice(t->task), 0);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, t->task->policy, (unsigned int)SCHED_NORMAL);
}

static void cpus_are_reset(struct kunit *test)
{
	struct orch_worker *ow;
	struct orch_thread *t;
	struct orch_work *w;

	orch_kthreadd_confine(test);
	t = new_thread(test);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	orch_expect_cpus(test, &t->place, NUMA_NO_NODE);
	t = orch_thread_create(test, 0, NULL, "orch_inherit");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	orch_expect_cpus(test, &t->place, 0);
	ow = orch_worker_run(test, NUMA_NO_NODE, 0, "orch_inherit");
	w = orch_work_new(test, ow, NULL);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	orch_expect_cpus(test, &w->place, NUMA_NO_NODE);
}

/* kthreadd(): ignore_signals(); threads take none until they allow it. */
static void signals_are_ignored(struct kunit *test)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGUSR1, SIGINT };
	struct orch_thread *t = new_thread(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		send_sig(signals[i], t->task, 1);
	KUNIT_EXPECT_FALSE(test, signal_pending(t->task));
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		send_sig(signals[i], t->task, 1);
	KUNIT_EXPECT_FALSE(test, signal_pending(t->task));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
}

/* kthreadd(): PF_NOFREEZE; a thread that can be frozen has asked for it. */
static void is_not_freezable(struct kunit *test)
{
	struct orch_thread *t = new_thread(test);

	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NOFREEZE);
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_KTHREAD);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NOFREEZE);
}

/* create_kthread(): CLONE_FS | CLONE_FILES | SIGCHLD, so these are shared. */
static void shares_with_kthreadd(struct kunit *test)
{
	struct orch_thread *t = new_thread(test);

	KUNIT_EXPECT_PTR_EQ(test, t->task->files, orch_kthreadd()->files);
	KUNIT_EXPECT_PTR_EQ(test, t->task->fs, orch_kthreadd()->fs);
	KUNIT_EXPECT_EQ(test, t->task->exit_signal, SIGCHLD);
	KUNIT_EXPECT_PTR_NE(test, t->task->sighand, orch_kthreadd()->sighand);
	KUNIT_EXPECT_PTR_NE(test, t->task->signal, orch_kthreadd()->signal);
}

/* kthreadd(): set_mems_allowed() of all memory there is. */
static void may_use_all_memory(struct kunit *test)
{
#ifdef CONFIG_CPUSETS
	struct orch_thread *t = new_thread(test);

	KUNIT_EXPECT_TRUE(test, nodes_equal(t->task->mems_allowed,
					    node_states[N_MEMORY]));
#else
	kunit_skip(test, "the kernel has no cpusets");
#endif
}

/*
 * cgroup_kthread_ready(): until threadfn is called nobody may move the thread
 * to another cgroup, as its flags and bind are still being set.
 */
static void cgroup_is_kept_until_ready(struct kunit *test)
{
#ifdef CONFIG_CGROUPS
	struct orch_thread *t = new_thread(test);

	KUNIT_EXPECT_TRUE(test, t->task->no_cgroup_migration);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_FALSE(test, t->task->no_cgroup_migration);
#else
	kunit_skip(test, "the kernel has no cgroups");
#endif
}

/* A thread is a process of its own, and a stranger to who asked for it. */
static void is_its_own_leader(struct kunit *test)
{
	struct orch_thread *t = new_thread(test);

	KUNIT_EXPECT_TRUE(test, thread_group_leader(t->task));
	KUNIT_EXPECT_PTR_NE(test, t->task->real_parent, current);
	KUNIT_EXPECT_PTR_EQ(test, t->task->real_parent, orch_kthreadd());
	KUNIT_EXPECT_NULL(test, t->task->mm);
}

static struct kunit_case orch_inherit_cases[] = {
	KUNIT_CASE(policy_is_reset),
	KUNIT_CASE(cpus_are_reset),
	KUNIT_CASE(signals_are_ignored),
	KUNIT_CASE(is_not_freezable),
	KUNIT_CASE(shares_with_kthreadd),
	KUNIT_CASE(may_use_all_memory),
	KUNIT_CASE(cgroup_is_kept_until_ready),
	KUNIT_CASE(is_its_own_leader),
	{}
};

static struct kunit_suite orch_inherit_suite = {
	.name = "orch_inherit",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_inherit_cases,
};

kunit_test_suite(orch_inherit_suite);

MODULE_DESCRIPTION("what new kthreads have from kthreadd, and what not");
MODULE_LICENSE("GPL");
