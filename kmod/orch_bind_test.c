// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_bind: threads and workers of one CPU, and CPUs preferred.
 *
 * The suite orch_affinity has the plain cases; here are the ways to run such
 * threads at once, what outranks what, and what lasts.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/workqueue.h>
#include "orch_core.h"

#define WAKES	3
#define OTHER_CPUS	8	/* tried for a node */

static void expect_on(struct kunit *test, const struct orch_place *place,
		      int cpu)
{
	KUNIT_EXPECT_EQ(test, place->cpu, cpu);
	KUNIT_EXPECT_TRUE_MSG(test,
			      cpumask_equal(&place->allowed, cpumask_of(cpu)),
			      "CPU %d: allowed %*pbl", cpu,
			      cpumask_pr_args(&place->allowed));
}

/* kthread_run_on_cpu(): kthread_create_on_cpu() and one wake-up. */
static void run_thread_on_cpu(struct kunit *test)
{
	struct task_struct *task;
	struct orch_thread *t;
	int cpu;

	for_each_online_cpu(cpu) {
		t = orch_thread_new(test, cpu_to_node(cpu), cpu, NULL,
				    "orch_rcpu/%u");
		KUNIT_ASSERT_NOT_NULL(test, t);
		task = kthread_run_on_cpu(orch_thread_main, t, cpu,
					  "orch_rcpu/%u");
		KUNIT_ASSERT_TRUE(test, orch_thread_made(t, task));
		KUNIT_ASSERT_TRUE(test,
				  wait_for_completion_timeout(&t->ran,
							      ORCH_TIMEOUT));
		expect_on(test, &t->place, cpu);
		orch_expect_memory(test, t->task, cpu_to_node(cpu));
		KUNIT_EXPECT_TRUE(test, t->task->flags & PF_NO_SETAFFINITY);
		KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 1);
	}
}

/* kthread_run_worker_on_cpu(), 6.14: wakes, binds, keeps flags. */
static void run_worker_on_cpu(struct kunit *test)
{
#ifdef kthread_run_worker
	struct kthread_worker *kw;
	struct orch_worker *ow;
	struct orch_work *w;
	int cpu;

	for_each_online_cpu(cpu) {
		ow = orch_worker_new(test, cpu_to_node(cpu), cpu,
				     "orch_rwcpu/%u");
		KUNIT_ASSERT_NOT_NULL(test, ow);
		kw = kthread_run_worker_on_cpu(cpu, KTW_FREEZABLE,
					       "orch_rwcpu/%u");
		KUNIT_ASSERT_TRUE(test, orch_worker_made(ow, kw));
		KUNIT_EXPECT_EQ(test, kw->flags, (unsigned int)KTW_FREEZABLE);
		KUNIT_EXPECT_PTR_EQ(test, kw->task, ow->task);
		KUNIT_ASSERT_TRUE(test, orch_wait_state(ow->task,
							TASK_INTERRUPTIBLE));
		w = orch_work_new(test, ow, NULL);
		KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
		KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
		expect_on(test, &w->place, cpu);
		KUNIT_EXPECT_TRUE(test, ow->task->flags & PF_NO_SETAFFINITY);
	}
#else
	kunit_skip(test, "this tree has no kthread_run_worker_on_cpu()");
#endif
}

/* kthread_create_worker_on_cpu(): not woken since 6.14; flags are kept. */
static void create_worker_on_cpu(struct kunit *test)
{
	int cpu = cpumask_last(cpu_online_mask);
	struct orch_worker *ow;

	ow = orch_worker_create_on_cpu(test, cpu, "orch_cwcpu/%u");
	KUNIT_EXPECT_EQ(test, ow->kw->flags, 0U);
	KUNIT_EXPECT_PTR_EQ(test, kthread_data(ow->task), (void *)ow->kw);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(ow->task->cpus_ptr,
					      cpumask_of(cpu)));
	if (ORCH_WORKER_IS_BORN_STOPPED)
		KUNIT_EXPECT_EQ(test, READ_ONCE(ow->task->__state),
				(unsigned int)TASK_UNINTERRUPTIBLE);
}

/* __kthread_bind_mask(): the thread stays stopped, and where it was bound. */
static void bind_does_not_wake(struct kunit *test)
{
	struct orch_thread *t;
	int cpu, i;

	for_each_online_cpu(cpu) {
		t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_bstay");
		kthread_bind(t->task, cpu);
		KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
				(unsigned int)TASK_UNINTERRUPTIBLE);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->runs), 0);
		KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
		expect_on(test, &t->place, cpu);
		for (i = 0; i < WAKES; i++) {
			KUNIT_ASSERT_TRUE(test,
					  orch_wait_state(t->task,
							  TASK_INTERRUPTIBLE));
			wake_up_process(t->task);
			KUNIT_EXPECT_EQ(test, task_cpu(t->task),
					(unsigned int)cpu);
		}
	}
}

/* A second bind before the first run replaces the first. */
static void last_bind_counts(struct kunit *test)
{
	int last = cpumask_last(cpu_online_mask);
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_btwice");
	kthread_bind(t->task, cpumask_first(cpu_online_mask));
	kthread_bind(t->task, last);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	expect_on(test, &t->place, last);
}

/* A thread that is not bound may be told its CPUs by others. */
static void unbound_is_not_marked(struct kunit *test)
{
	struct orch_worker *ow;
	struct orch_thread *t;

	t = orch_thread_create(test, 0, NULL, "orch_free");
	KUNIT_EXPECT_FALSE(test, t->task->flags & PF_NO_SETAFFINITY);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_FALSE(test, t->task->flags & PF_NO_SETAFFINITY);
	ow = orch_worker_run(test, 0, 0, "orch_wfree");
	KUNIT_EXPECT_FALSE(test, ow->task->flags & PF_NO_SETAFFINITY);
}

#ifdef ORCH_HAS_AFFINE_PREFERRED
/* Of the online CPUs: those housekeeping leaves to kthreads. */
static void usable_cpus(struct cpumask *cpus)
{
	orch_promised_cpus(NUMA_NO_NODE, cpus);
}

static struct orch_thread *prefer(struct kunit *test, int node,
				  const struct cpumask *cpus)
{
	struct orch_thread *t;

	/* Asked of the node for its memory alone. */
	t = orch_thread_create(test, node, NULL, "orch_pref");
	KUNIT_ASSERT_EQ(test, kthread_affine_preferred(t->task, cpus), 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->task->__state),
			(unsigned int)TASK_UNINTERRUPTIBLE);
	KUNIT_EXPECT_FALSE(test, t->task->flags & PF_NO_SETAFFINITY);
	return t;
}
#endif

/*
 * kthread_affine_preferred(): outranks the node, for CPUs, not for memory. The
 * CPUs are the next of other nodes: each with each would be 4032 threads on 64
 * nodes.
 */
static void preference_outranks_node(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	int node = orch_node_param(test);
	int cpu, i, tried = 0;
	struct orch_thread *t;

	for_each_cpu_wrap(cpu, cpu_online_mask, (node + 1) % nr_cpu_ids) {
		if (cpu_to_node(cpu) == node)
			continue;
		if (tried++ == OTHER_CPUS)
			break;
		t = prefer(test, node, cpumask_of(cpu));
		orch_expect_memory(test, t->task, node);
		KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
		expect_on(test, &t->place, cpu);
		for (i = 0; i < WAKES; i++) {
			KUNIT_ASSERT_TRUE(test,
					  orch_wait_state(t->task,
							  TASK_INTERRUPTIBLE));
			wake_up_process(t->task);
		}
		KUNIT_EXPECT_TRUE(test, cpumask_equal(t->task->cpus_ptr,
						      cpumask_of(cpu)));
	}
#else
	kunit_skip(test, "this tree has no kthread_affine_preferred()");
#endif
}

/*
 * kthread_affine_preferred(): several CPUs; the mask is copied, what becomes
 * of the caller's does not matter. None: all that may be used.
 */
static void preference_of_several(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	struct cpumask *want = kunit_kzalloc(test, sizeof(*want), GFP_KERNEL);
	struct cpumask *given = kunit_kzalloc(test, sizeof(*given), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, given);
	usable_cpus(want);
	if (cpumask_weight(want) > 2)
		cpumask_clear_cpu(cpumask_first(want), want);
	cpumask_copy(given, want);
	t = prefer(test, NUMA_NO_NODE, given);
	cpumask_clear(given);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&t->place.allowed, want));

	t = prefer(test, NUMA_NO_NODE, given);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	orch_expect_cpus(test, &t->place, NUMA_NO_NODE);
#else
	kunit_skip(test, "this tree has no kthread_affine_preferred()");
#endif
}

/* A preference and no first run: the thread can be stopped all the same. */
static void preference_unused(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	struct orch_thread *t;

	t = prefer(test, NUMA_NO_NODE, cpumask_of(0));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), -EINTR);
	t = prefer(test, NUMA_NO_NODE, cpumask_of(0));
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
#else
	kunit_skip(test, "this tree has no kthread_affine_preferred()");
#endif
}

struct free_work {
	struct work_struct work;
	int cpus;
	bool marked;
};

static void note_cpus(struct work_struct *work)
{
	struct free_work *w = container_of(work, struct free_work, work);

	w->cpus = cpumask_weight(&current->cpus_mask);
	w->marked = current->flags & PF_NO_SETAFFINITY;
}

/*
 * kthread_bind_mask(): all CPUs of the mask, and PF_NO_SETAFFINITY. It is not
 * exported; create_worker(), kernel/workqueue.c, binds its threads with it,
 * those of unbound workqueues to all CPUs.
 */
static void bind_mask_is_all_of_it(struct kunit *test)
{
	struct workqueue_struct *wq;
	struct free_work *w;

	if (!ORCH_UNBOUND_IS_ANY_CPU)
		kunit_skip(test, "unbound workers keep to a node in this tree");
	w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w);
	wq = alloc_workqueue("orch_free", WQ_UNBOUND, 0);
	KUNIT_ASSERT_NOT_NULL(test, wq);
	INIT_WORK(&w->work, note_cpus);
	queue_work(wq, &w->work);
	flush_work(&w->work);
	destroy_workqueue(wq);
	KUNIT_EXPECT_GE(test, w->cpus, (int)num_online_cpus());
	KUNIT_EXPECT_TRUE(test, w->marked);
}

static struct kunit_case orch_bind_cases[] = {
	KUNIT_CASE(run_thread_on_cpu),
	KUNIT_CASE(run_worker_on_cpu),
	KUNIT_CASE(create_worker_on_cpu),
	KUNIT_CASE(bind_does_not_wake),
	KUNIT_CASE(last_bind_counts),
	KUNIT_CASE(unbound_is_not_marked),
	KUNIT_CASE_PARAM(preference_outranks_node, orch_gen_nodes),
	KUNIT_CASE(preference_of_several),
	KUNIT_CASE(preference_unused),
	KUNIT_CASE(bind_mask_is_all_of_it),
	{}
};

static struct kunit_suite orch_bind_suite = {
	.name = "orch_bind",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_bind_cases,
};

kunit_test_suite(orch_bind_suite);

MODULE_DESCRIPTION("threads and workers of one CPU, and preferences");
MODULE_LICENSE("GPL");
