// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_hotplug: CPUs that go and come back under threads.
 *
 * Records of requests name no node here: where a thread runs while its node
 * has no CPU is no misplacement.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/topology.h>
#include <linux/workqueue.h>
#include "orch_core.h"

/*
 * Take all CPUs of the node. x86 keeps CPU 0, so that its node is never empty:
 * one of its CPUs is as good as all of them, which in a node of 64 take longer
 * than a task may hang.
 */
static void take_node_away(struct kunit *test, int node)
{
	int cpu;

	if (node == cpu_to_node(0)) {
		orch_take_cpu(test, orch_removable_cpu(test));
		return;
	}
	for_each_online_cpu(cpu) {
		if (cpu_to_node(cpu) == node)
			orch_take_cpu(test, cpu);
	}
}

/*
 * kthreads_online_cpu(), 6.14: "if none of their preferred CPUs are online
 * [...] they must be affine to housekeeping. But as soon as one of their
 * preferred CPU becomes online, they must be affine to them." Threads that are
 * gone by then must not be looked at any more.
 */
static void node_loses_its_cpus(struct kunit *test)
{
	int node = cpu_to_node(orch_removable_cpu(test));
	struct orch_thread *old = orch_follower(test, node, "orch_plug");
	struct orch_thread *other = orch_follower(test, NUMA_NO_NODE, "orch_plug");
	struct orch_thread *ended = orch_follower(test, node, "orch_plug");
	struct orch_thread *young, *unborn;
	struct orch_worker *ow = orch_follower_worker(test, node, "orch_wplug");

	orch_follower_start(test, old);
	orch_follower_start(test, other);
	orch_follower_start(test, ended);
	orch_follower_expect_work(test, ow, node);
	take_node_away(test, node);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(ended), 0);
	orch_follower_ask(test, old);
	orch_follower_ask(test, other);
	young = orch_follower(test, node, "orch_plug");
	unborn = orch_follower(test, node, "orch_plug");
	orch_follower_start(test, young);
	orch_expect_cpus(test, &young->place, node);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	orch_follower_ask(test, old);
	orch_expect_cpus(test, &old->place, node);
	orch_follower_ask(test, young);
	orch_expect_cpus(test, &young->place, node);
	orch_follower_ask(test, other);
	orch_expect_cpus(test, &other->place, NUMA_NO_NODE);
	orch_follower_start(test, unborn);
	orch_expect_cpus(test, &unborn->place, node);
	orch_follower_expect_work(test, ow, node);
}

/* kthread_affine_preferred(): the same for a preference of one CPU. */
static void preferred_cpu_goes(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	int cpu = orch_removable_cpu(test);
	struct orch_thread *t[3];
	int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		t[i] = orch_follower(test, 0, "orch_plug");
		KUNIT_ASSERT_EQ(test, kthread_affine_preferred(t[i]->task,
							       cpumask_of(cpu)),
				0);
		if (i)
			orch_follower_start(test, t[i]);
	}
	orch_take_cpu(test, cpu);
	orch_follower_ask(test, t[1]);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t[2]), 0);
	/* Preferred, and not there when it first runs. */
	orch_follower_start(test, t[0]);
	KUNIT_EXPECT_NE(test, t[0]->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	for (i = 0; i < 2; i++) {
		orch_follower_ask(test, t[i]);
		KUNIT_EXPECT_EQ(test, t[i]->place.cpu, cpu);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(&t[i]->place.allowed,
						      cpumask_of(cpu)));
	}
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t[0]), 0);
#else
	kunit_skip(test, "this tree has no kthread_affine_preferred()");
#endif
}

/*
 * kthreads_update_affinity(), 6.14: threads without a preference are left
 * alone when a CPU comes; who was sent elsewhere stays there.
 */
static void narrowed_thread_stays(struct kunit *test)
{
	int cpu = orch_removable_cpu(test);
	int other = cpumask_any_but(cpu_online_mask, cpu);
	struct orch_thread *t = orch_follower(test, NUMA_NO_NODE, "orch_plug");

	orch_follower_start(test, t);
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(t->task, cpumask_of(other)),
			0);
	orch_take_cpu(test, cpu);
	orch_follower_ask(test, t);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	orch_follower_ask(test, t);
	KUNIT_EXPECT_EQ(test, t->place.cpu, other);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&t->place.allowed,
					      cpumask_of(other)));
}

/* kthread_bind(): "@cpu doesn't need to be online". */
static void bind_to_absent_cpu(struct kunit *test)
{
	int cpu = orch_removable_cpu(test);
	struct orch_thread *t, *early;

	orch_take_cpu(test, cpu);
	t = orch_follower(test, NUMA_NO_NODE, "orch_plug");
	early = orch_follower(test, NUMA_NO_NODE, "orch_plug");
	kthread_bind(t->task, cpu);
	kthread_bind(early->task, cpu);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(t->task->cpus_ptr,
					      cpumask_of(cpu)));
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NO_SETAFFINITY);
	/* Run now, it loses the bind; but it runs. */
	orch_follower_start(test, early);
	KUNIT_EXPECT_NE(test, early->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	orch_follower_start(test, t);
	KUNIT_EXPECT_EQ(test, t->place.cpu, cpu);
	KUNIT_EXPECT_EQ(test, cpumask_weight(&t->place.allowed), 1U);
}

/* A bound thread whose CPU goes loses the bind, and works all the same. */
static void bound_cpu_goes(struct kunit *test)
{
	int cpu = orch_removable_cpu(test);
	struct orch_thread *t = orch_follower(test, NUMA_NO_NODE, "orch_plug");
	struct orch_worker *ow = orch_follower_worker(test, NUMA_NO_NODE, "orch_wplug");
	struct orch_work *w = orch_work_new(test, ow, NULL);

	kthread_bind(t->task, cpu);
	if (ORCH_WORKER_IS_BORN_STOPPED)
		kthread_bind(ow->task, cpu);
	orch_follower_start(test, t);
	orch_take_cpu(test, cpu);
	orch_follower_ask(test, t);
	KUNIT_EXPECT_NE(test, t->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	orch_follower_ask(test, t);
}

/* A work of a per-CPU workqueue that keeps its CPU until told to stop. */
struct busy {
	struct work_struct work;
	struct completion begun;
	bool stop;
	bool told;			/* it did not end for being too long */
};

static void keep_busy(struct work_struct *work)
{
	struct busy *b = container_of(work, struct busy, work);
	unsigned long end = jiffies + 2 * HZ;

	complete(&b->begun);
	do {
		cond_resched();
		cpu_relax();
		b->told = READ_ONCE(b->stop);
	} while (!b->told && time_before(jiffies, end));
}

/*
 * kthread_set_per_cpu() with no CPU, as unbind_worker() in kernel/workqueue.c
 * calls it: the thread may leave the CPU, which does not wait for its work.
 */
static void busy_kworker_leaves(struct kunit *test)
{
	int cpu = orch_removable_cpu(test);
	struct busy *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, b);
	init_completion(&b->begun);
	INIT_WORK(&b->work, keep_busy);
	schedule_work_on(cpu, &b->work);
	wait_for_completion(&b->begun);
	err = orch_try_take_cpu(cpu);
	WRITE_ONCE(b->stop, true);
	flush_work(&b->work);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE_MSG(test, b->told, "CPU %d waited for the work", cpu);
	KUNIT_EXPECT_TRUE(test, orch_bring_cpus_back());
}

static struct kunit_case orch_hotplug_cases[] = {
	KUNIT_CASE(node_loses_its_cpus),
	KUNIT_CASE(preferred_cpu_goes),
	KUNIT_CASE(narrowed_thread_stays),
	KUNIT_CASE(bind_to_absent_cpu),
	KUNIT_CASE(bound_cpu_goes),
	KUNIT_CASE(busy_kworker_leaves),
	{}
};

static struct kunit_suite orch_hotplug_suite = {
	.name = "orch_hotplug",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_hotplug_cases,
};

kunit_test_suite(orch_hotplug_suite);

MODULE_DESCRIPTION("CPUs that go and come back under threads");
MODULE_LICENSE("GPL");
