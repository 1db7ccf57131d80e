// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_percpu: threads of which each CPU has one, as smpboot makes them. */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smpboot.h>
#include "orch_core.h"

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
	int cpu, victim = orch_removable_cpu(test);
	struct percpu_notes *n = per_cpu_ptr(&percpu_notes, victim);

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&percpu_notes, cpu), 0, sizeof(*n));
	KUNIT_ASSERT_EQ(test, smpboot_register_percpu_thread(&percpu_threads),
			0);
	percpu_registered = true;
	for_each_online_cpu(cpu)
		expect_percpu_runs(test, cpu);
	KUNIT_EXPECT_EQ(test, n->set_up, 1);
	orch_take_cpu(test, victim);
	KUNIT_EXPECT_EQ(test, n->parked, 1);
	KUNIT_EXPECT_EQ(test, READ_ONCE(per_cpu(percpu_task, victim)->__state),
			(unsigned int)TASK_PARKED);
	KUNIT_ASSERT_TRUE(test, orch_bring_cpus_back());
	expect_percpu_runs(test, victim);
	KUNIT_EXPECT_EQ(test, n->unparked, 1);
	KUNIT_EXPECT_EQ(test, n->set_up, 1);
	smpboot_unregister_percpu_thread(&percpu_threads);
	percpu_registered = false;
	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ(test, per_cpu(percpu_notes, cpu).cleaned, 1);
}

/* The CPU first: its thread must be there to be stopped. */
static void end_case(struct kunit *test)
{
	orch_bring_cpus_back();
	if (percpu_registered)
		smpboot_unregister_percpu_thread(&percpu_threads);
	percpu_registered = false;
	orch_end(test);
}

static struct kunit_case orch_percpu_cases[] = {
	KUNIT_CASE(percpu_threads_park),
	{}
};

static struct kunit_suite orch_percpu_suite = {
	.name = "orch_percpu",
	.init = orch_suite_init,
	.exit = end_case,
	.test_cases = orch_percpu_cases,
};

kunit_test_suite(orch_percpu_suite);

MODULE_DESCRIPTION("threads of which each CPU has one");
MODULE_LICENSE("GPL");
