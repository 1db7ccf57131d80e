// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_hotplug: CPUs that go and come back under threads.
 *
 * Records of requests name no node here: where a thread runs while its node
 * has no CPU is no misplacement.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smpboot.h>
#include <linux/topology.h>
#include "orch_core.h"

static struct cpumask gone;		/* CPUs the running case took away */

/* Bring all back; false: one does not come. */
static bool bring_back(void)
{
	bool all = true;
	int cpu;

	for_each_cpu(cpu, &gone) {
		if (add_cpu(cpu))
			all = false;
	}
	cpumask_clear(&gone);
	return all;
}

/* A CPU that can go, the last one; else the case is skipped. */
static int removable_cpu(struct kunit *test)
{
	int cpu = cpumask_last(cpu_online_mask);

	if (cpu == 0 || !cpu_is_hotpluggable(cpu))
		kunit_skip(test, "no CPU can go");
	return cpu;
}

static void take_away(struct kunit *test, int cpu)
{
	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	cpumask_set_cpu(cpu, &gone);
}

/* Take all CPUs of the node but CPU 0, which x86 keeps. */
static void take_node_away(struct kunit *test, int node)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (cpu && cpu_to_node(cpu) == node)
			take_away(test, cpu);
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
	int node = cpu_to_node(removable_cpu(test));
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
	KUNIT_ASSERT_TRUE(test, bring_back());
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
	int cpu = removable_cpu(test);
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
	take_away(test, cpu);
	ask(test, t[1]);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t[2]), 0);
	/* Preferred, and not there when it first runs. */
	start(test, t[0]);
	KUNIT_EXPECT_NE(test, t[0]->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, bring_back());
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

/* kthread_bind(): "@cpu doesn't need to be online". */
static void bind_to_absent_cpu(struct kunit *test)
{
	int cpu = removable_cpu(test);
	struct orch_thread *t, *early;

	take_away(test, cpu);
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
	KUNIT_ASSERT_TRUE(test, bring_back());
	start(test, t);
	KUNIT_EXPECT_EQ(test, t->place.cpu, cpu);
	KUNIT_EXPECT_EQ(test, cpumask_weight(&t->place.allowed), 1U);
}

/* A bound thread whose CPU goes loses the bind, and works all the same. */
static void bound_cpu_goes(struct kunit *test)
{
	int cpu = removable_cpu(test);
	struct orch_thread *t = new_thread(test, NUMA_NO_NODE);
	struct orch_worker *ow = new_worker(test, NUMA_NO_NODE);
	struct orch_work *w = orch_work_new(test, ow, NULL);

	kthread_bind(t->task, cpu);
	if (ORCH_WORKER_IS_BORN_STOPPED)
		kthread_bind(ow->task, cpu);
	start(test, t);
	take_away(test, cpu);
	ask(test, t);
	KUNIT_EXPECT_NE(test, t->place.cpu, cpu);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_ASSERT_TRUE(test, bring_back());
	ask(test, t);
}

/* What the threads of one kind, one a CPU, did; smpboot makes them. */
struct percpu_notes {
	int set_up;
	int parked;
	int unparked;
	int cleaned;
	int ran_on;			/* -1: asked to run, has not */
	bool wrong_cpu;
};

static DEFINE_PER_CPU(struct task_struct *, percpu_task);
static DEFINE_PER_CPU(struct percpu_notes, percpu_notes);

static void note_cpu(unsigned int cpu)
{
	if (raw_smp_processor_id() != cpu || current->nr_cpus_allowed != 1)
		per_cpu(percpu_notes, cpu).wrong_cpu = true;
}

static int percpu_should_run(unsigned int cpu)
{
	return READ_ONCE(per_cpu(percpu_notes, cpu).ran_on) < 0;
}

static void percpu_run(unsigned int cpu)
{
	note_cpu(cpu);
	WRITE_ONCE(per_cpu(percpu_notes, cpu).ran_on, raw_smp_processor_id());
}

static void percpu_set_up(unsigned int cpu)
{
	note_cpu(cpu);
	per_cpu(percpu_notes, cpu).set_up++;
}

static void percpu_cleaned(unsigned int cpu, bool online)
{
	per_cpu(percpu_notes, cpu).cleaned++;
}

static void percpu_parked(unsigned int cpu)
{
	per_cpu(percpu_notes, cpu).parked++;
}

static void percpu_unparked(unsigned int cpu)
{
	note_cpu(cpu);
	per_cpu(percpu_notes, cpu).unparked++;
}

static struct smp_hotplug_thread percpu_threads = {
	.store = &percpu_task,
	.thread_should_run = percpu_should_run,
	.thread_fn = percpu_run,
	.setup = percpu_set_up,
	.cleanup = percpu_cleaned,
	.park = percpu_parked,
	.unpark = percpu_unparked,
	.thread_comm = "orch_pc/%u",
};

static bool percpu_registered;

static void expect_percpu_runs(struct kunit *test, int cpu)
{
	struct percpu_notes *n = per_cpu_ptr(&percpu_notes, cpu);
	struct task_struct *task = per_cpu(percpu_task, cpu);
	unsigned long end = jiffies + ORCH_TIMEOUT;

	WRITE_ONCE(n->ran_on, -1);
	wake_up_process(task);
	while (READ_ONCE(n->ran_on) < 0 && time_before(jiffies, end))
		usleep_range(50, 200);
	KUNIT_EXPECT_EQ(test, n->ran_on, cpu);
	KUNIT_EXPECT_FALSE(test, n->wrong_cpu);
	KUNIT_EXPECT_TRUE(test, task->flags & PF_NO_SETAFFINITY);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(task->cpus_ptr, cpumask_of(cpu)));
}

/*
 * kthread_create_on_cpu(), kthread_set_per_cpu(), kthread_park() and
 * kthread_unpark() as kernel/smpboot.c uses them: "If the thread is marked
 * percpu then its bound to the cpu again."
 */
static void percpu_threads_park(struct kunit *test)
{
	int cpu, victim = removable_cpu(test);
	struct percpu_notes *n = per_cpu_ptr(&percpu_notes, victim);

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&percpu_notes, cpu), 0, sizeof(*n));
	KUNIT_ASSERT_EQ(test, smpboot_register_percpu_thread(&percpu_threads),
			0);
	percpu_registered = true;
	for_each_online_cpu(cpu)
		expect_percpu_runs(test, cpu);
	KUNIT_EXPECT_EQ(test, n->set_up, 1);
	take_away(test, victim);
	KUNIT_EXPECT_EQ(test, n->parked, 1);
	KUNIT_EXPECT_EQ(test, READ_ONCE(per_cpu(percpu_task, victim)->__state),
			(unsigned int)TASK_PARKED);
	KUNIT_ASSERT_TRUE(test, bring_back());
	expect_percpu_runs(test, victim);
	KUNIT_EXPECT_EQ(test, n->unparked, 1);
	KUNIT_EXPECT_EQ(test, n->set_up, 1);
	smpboot_unregister_percpu_thread(&percpu_threads);
	percpu_registered = false;
	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ(test, per_cpu(percpu_notes, cpu).cleaned, 1);
}

static void end_case(struct kunit *test)
{
	if (!bring_back())
		KUNIT_FAIL(test, "a CPU does not come back");
	if (percpu_registered)
		smpboot_unregister_percpu_thread(&percpu_threads);
	percpu_registered = false;
	orch_end(test);
}

static struct kunit_case orch_hotplug_cases[] = {
	KUNIT_CASE(node_loses_its_cpus),
	KUNIT_CASE(preferred_cpu_goes),
	KUNIT_CASE(bind_to_absent_cpu),
	KUNIT_CASE(bound_cpu_goes),
	KUNIT_CASE(percpu_threads_park),
	{}
};

static struct kunit_suite orch_hotplug_suite = {
	.name = "orch_hotplug",
	.init = orch_suite_init,
	.exit = end_case,
	.test_cases = orch_hotplug_cases,
};

kunit_test_suite(orch_hotplug_suite);

MODULE_DESCRIPTION("CPUs that go and come back under threads");
MODULE_LICENSE("GPL");
