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

/* Notes where it is each time it is woken. */
static int report_when_woken(struct orch_thread *self)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		orch_record(&self->place);
		atomic_inc(&self->runs);
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static struct orch_thread *new_thread(struct kunit *test, int node)
{
	struct orch_thread *t = orch_thread_new(test, NUMA_NO_NODE, -1,
						report_when_woken, "orch_plug");
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_create_on_node(orch_thread_main, t, node, "orch_plug");
	KUNIT_ASSERT_TRUE(test, orch_thread_made(t, task));
	return t;
}

static void start(struct kunit *test, struct orch_thread *t)
{
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
}

/* Wake t and have it tell where it is. */
static void ask(struct kunit *test, struct orch_thread *t)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;
	int before = atomic_read(&t->runs);

	wake_up_process(t->task);
	while (atomic_read(&t->runs) == before && time_before(jiffies, end))
		usleep_range(50, 200);
	KUNIT_ASSERT_GT(test, atomic_read(&t->runs), before);
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
	KUNIT_EXPECT_TRUE(test, cpu_online(t->place.cpu));
}

static struct orch_worker *new_worker(struct kunit *test, int node)
{
	struct orch_worker *ow = orch_worker_new(test, NUMA_NO_NODE, -1,
						 "orch_wplug");
	struct kthread_worker *kw;

	KUNIT_ASSERT_NOT_NULL(test, ow);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(0, node, "orch_wplug");
#else
	kw = kthread_create_worker(0, "orch_wplug");
#endif
	KUNIT_ASSERT_TRUE(test, orch_worker_made(ow, kw));
	return ow;
}

static void expect_work(struct kunit *test, struct orch_worker *ow, int node)
{
	struct orch_work *w = orch_work_new(test, ow, NULL);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	orch_expect_cpus(test, &w->place, ORCH_WORKER_TAKES_NODE ? node :
			 NUMA_NO_NODE);
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
	struct orch_thread *old = new_thread(test, node);
	struct orch_thread *other = new_thread(test, NUMA_NO_NODE);
	struct orch_thread *ended = new_thread(test, node);
	struct orch_thread *young, *unborn;
	struct orch_worker *ow = new_worker(test, node);

	start(test, old);
	start(test, other);
	start(test, ended);
	expect_work(test, ow, node);
	take_node_away(test, node);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(ended), 0);
	ask(test, old);
	ask(test, other);
	young = new_thread(test, node);
	unborn = new_thread(test, node);
	start(test, young);
	orch_expect_cpus(test, &young->place, node);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	ask(test, old);
	orch_expect_cpus(test, &old->place, node);
	ask(test, young);
	orch_expect_cpus(test, &young->place, node);
	ask(test, other);
	orch_expect_cpus(test, &other->place, NUMA_NO_NODE);
	start(test, unborn);
	orch_expect_cpus(test, &unborn->place, node);
	expect_work(test, ow, node);
}

/* kthread_affine_preferred(): the same for a preference of one CPU. */
static void preferred_cpu_goes(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	int cpu = orch_removable_cpu(test);
	struct orch_thread *t[3];
	int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		t[i] = new_thread(test, 0);
		KUNIT_ASSERT_EQ(test, kthread_affine_preferred(t[i]->task,
							       cpumask_of(cpu)),
				0);
		if (i)
			start(test, t[i]);
	}
	orch_take_cpu(test, cpu);
	ask(test, t[1]);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t[2]), 0);
	/* Preferred, and not there when it first runs. */
	start(test, t[0]);
	KUNIT_EXPECT_NE(test, t[0]->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	for (i = 0; i < 2; i++) {
		ask(test, t[i]);
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
	struct orch_thread *t = new_thread(test, NUMA_NO_NODE);

	start(test, t);
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(t->task, cpumask_of(other)),
			0);
	orch_take_cpu(test, cpu);
	ask(test, t);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	ask(test, t);
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
	t = new_thread(test, NUMA_NO_NODE);
	early = new_thread(test, NUMA_NO_NODE);
	kthread_bind(t->task, cpu);
	kthread_bind(early->task, cpu);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(t->task->cpus_ptr,
					      cpumask_of(cpu)));
	KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NO_SETAFFINITY);
	/* Run now, it loses the bind; but it runs. */
	start(test, early);
	KUNIT_EXPECT_NE(test, early->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	start(test, t);
	KUNIT_EXPECT_EQ(test, t->place.cpu, cpu);
	KUNIT_EXPECT_EQ(test, cpumask_weight(&t->place.allowed), 1U);
}

/* A bound thread whose CPU goes loses the bind, and works all the same. */
static void bound_cpu_goes(struct kunit *test)
{
	int cpu = orch_removable_cpu(test);
	struct orch_thread *t = new_thread(test, NUMA_NO_NODE);
	struct orch_worker *ow = new_worker(test, NUMA_NO_NODE);
	struct orch_work *w = orch_work_new(test, ow, NULL);

	kthread_bind(t->task, cpu);
	if (ORCH_WORKER_IS_BORN_STOPPED)
		kthread_bind(ow->task, cpu);
	start(test, t);
	orch_take_cpu(test, cpu);
	ask(test, t);
	KUNIT_EXPECT_NE(test, t->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	ask(test, t);
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
