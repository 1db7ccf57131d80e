// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_affinity: which CPUs a thread may use, and uses. */
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/topology.h>
#include "orch_core.h"

#define THREADS_A_NODE	3

/*
 * kthread_affine_node(), kernel/kthread.c, 6.14: an unbound thread may use
 * the CPUs of its node, or all that housekeeping leaves to kthreads if the
 * node has none. Before that: the latter, whatever the node.
 */
static void thread_keeps_to_node(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_thread *t;
	int i;

	for (i = 0; i < THREADS_A_NODE; i++) {
		t = orch_thread_create(test, node, NULL, "orch_home");
		KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
		orch_expect_cpus(test, &t->place, node);
	}
}

/* The affinity stands when the thread sleeps and is woken from anywhere. */
static void thread_stays_on_node(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_thread *t;
	unsigned int cpu;
	int i;

	t = orch_thread_create(test, node, NULL, "orch_stay");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	for (i = 0; i < 5; i++) {
		KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task,
							TASK_INTERRUPTIBLE));
		wake_up_process(t->task);
		cpu = task_cpu(t->task);
		t->place.cpu = cpu;
		cpumask_copy(&t->place.allowed, t->task->cpus_ptr);
		orch_expect_cpus(test, &t->place, node);
	}
}

/* NUMA_NO_NODE: any CPU that housekeeping leaves to kthreads. */
static void no_node_means_any_cpu(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_any");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	orch_expect_cpus(test, &t->place, NUMA_NO_NODE);
}

/* The expectation of a thread that was bound before it first ran. */
static void expect_bound(struct kunit *test, struct orch_thread *t, int cpu)
{
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NO_SETAFFINITY);
	KUNIT_EXPECT_EQ(test, cpumask_weight(t->task->cpus_ptr), 1U);
	KUNIT_EXPECT_TRUE(test, cpumask_test_cpu(cpu, t->task->cpus_ptr));
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, t->place.cpu, cpu);
	KUNIT_EXPECT_EQ(test, cpumask_weight(&t->place.allowed), 1U);
}

/* kthread_create_on_cpu(): bound to the CPU, and user space cannot undo it. */
static void create_on_cpu(struct kunit *test)
{
	struct orch_thread *t;
	int cpu;

	for_each_online_cpu(cpu) {
		t = orch_thread_create_on_cpu(test, cpu, "orch_cpu/%u");
		expect_bound(test, t, cpu);
	}
}

/* kthread_bind(): the same for a thread that exists but has not yet run. */
static void bind_before_first_run(struct kunit *test)
{
	struct orch_thread *t;
	int cpu;

	for_each_online_cpu(cpu) {
		t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_bind");
		kthread_bind(t->task, cpu);
		expect_bound(test, t, cpu);
	}
}

/*
 * kthread(): a bind outranks the node. The CPU is one of the node's own, if
 * it has any, so that the thread is where both say.
 */
static void bind_outranks_node(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_thread *t;
	int cpu = cpumask_any_and(cpumask_of_node(node), cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "node %d has no CPU", node);
	t = orch_thread_create(test, node, NULL, "orch_bindnode");
	kthread_bind(t->task, cpu);
	expect_bound(test, t, cpu);
	orch_expect_memory(test, t->task, node);
}

/*
 * kthread_affine_preferred(), 6.14: the CPUs preferred replace the node's, but
 * are no bind.
 */
static void preferred_cpus(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	struct orch_thread *t;
	int cpu;

	for_each_online_cpu(cpu) {
		t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_prefer");
		KUNIT_ASSERT_EQ(test,
				kthread_affine_preferred(t->task, cpumask_of(cpu)),
				0);
		KUNIT_EXPECT_FALSE(test, t->task->flags & PF_NO_SETAFFINITY);
		KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
		KUNIT_EXPECT_EQ(test, t->place.cpu, cpu);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(&t->place.allowed,
						      cpumask_of(cpu)));
	}
#else
	kunit_skip(test, "this tree has no kthread_affine_preferred()");
#endif
}

static DECLARE_COMPLETION(deep_sleep);

static int __maybe_unused sleep_deeply(struct orch_thread *self)
{
	wait_for_completion_timeout(&deep_sleep, ORCH_TIMEOUT);
	reinit_completion(&deep_sleep);
	return 0;
}

/*
 * kthread_affine_preferred(): "Must be called before the first wakeup of the
 * kthread". Later, though it is asleep as before, -EINVAL and a WARN.
 */
static void preferred_too_late(struct kunit *test)
{
#if defined(ORCH_HAS_AFFINE_PREFERRED) && defined(kunit_warning_suppress)
	struct orch_thread *t = orch_thread_create(test, NUMA_NO_NODE,
						   sleep_deeply, "orch_late");

	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_UNINTERRUPTIBLE));
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, -EINVAL,
				kthread_affine_preferred(t->task,
							 cpumask_of(0)));
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
	}
	complete(&deep_sleep);
#else
	kunit_skip(test, "this tree has no way to expect a WARN");
#endif
}

static struct kunit_case orch_affinity_cases[] = {
	KUNIT_CASE_PARAM(thread_keeps_to_node, orch_gen_nodes),
	KUNIT_CASE_PARAM(thread_stays_on_node, orch_gen_nodes),
	KUNIT_CASE(no_node_means_any_cpu),
	KUNIT_CASE(create_on_cpu),
	KUNIT_CASE(bind_before_first_run),
	KUNIT_CASE_PARAM(bind_outranks_node, orch_gen_nodes),
	KUNIT_CASE(preferred_cpus),
	KUNIT_CASE(preferred_too_late),
	{}
};

static struct kunit_suite orch_affinity_suite = {
	.name = "orch_affinity",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_affinity_cases,
};

kunit_test_suite(orch_affinity_suite);

MODULE_DESCRIPTION("CPUs a kthread may use: node, bind, preference");
MODULE_LICENSE("GPL");
