// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_faults: creating threads and workers when memory runs out.
 *
 * The allocations of a call are made to fail one by one, those of the creator
 * and those of kthreadd, which clones the thread for it, until the call gets
 * through without a failure.
 *
 * kthread_create_on_node(), kernel/kthread.c: "Returns a task_struct or
 * ERR_PTR(-ENOMEM) or ERR_PTR(-EINTR)"; the creators of workers likewise. The
 * creators here are not killed.
 */
#include <linux/module.h>
#include "orch_core.h"

/* A call that allocates more often than that never comes to an end. */
#define MOST_ALLOCATIONS	400
#define THREAD_NAME		"orch_short"

/* The nth allocation of victim fails while a thread is made, n = 1, 2, ... */
struct walk {
	struct kunit *test;
	struct task_struct *victim;	/* whose allocations fail */
	int nth;
	bool used;			/* nth was reached */
	int failures;
	int others;			/* calls that did not return as promised */
	long other;			/* what the last one of them returned */
};

typedef bool (*make_fn)(struct walk *walk);

/* How the victim asks for memory in a call, while the hooks are on. */
static struct {
	struct task_struct *task;	/* NULL: not in a call */
	int asked;
	int could_not_wait;
	unsigned long site;		/* of the last that could not */
} hasty;

static void on_alloc(unsigned long site, gfp_t gfp)
{
	if (current != READ_ONCE(hasty.task) || !in_task())
		return;
	hasty.asked++;
	if (gfp & __GFP_DIRECT_RECLAIM)
		return;
	hasty.could_not_wait++;
	hasty.site = site;
}

static void on_kmalloc(void *data, unsigned long site, const void *ptr,
		       size_t bytes_req, size_t bytes_alloc, gfp_t gfp, int node)
{
	on_alloc(site, gfp);
}

static void on_cache_alloc(void *data, unsigned long site, const void *ptr,
			   struct kmem_cache *cache, gfp_t gfp, int node)
{
	on_alloc(site, gfp);
}

static struct orch_hook hooks[] = {
	{ .name = "kmalloc", .probe = on_kmalloc },
	{ .name = "kmem_cache_alloc", .probe = on_cache_alloc },
};

static void arm(struct walk *walk)
{
	WRITE_ONCE(hasty.task, walk->victim);
	orch_fail_nth(walk->victim, walk->nth);
}

/* The errors of kernel_clone() are passed on; alloc_pid() has one of its own. */
static bool is_promised(struct walk *walk, long err)
{
	return err == -ENOMEM || (walk->victim != current && err == -EAGAIN);
}

/* Returns whether a thread was made; keeps the books. */
static bool disarm(struct walk *walk, const void *got)
{
	walk->used = !orch_fail_left(walk->victim);
	orch_fail_nth(walk->victim, 0);
	WRITE_ONCE(hasty.task, NULL);
	if (!IS_ERR_OR_NULL(got))
		return true;
	walk->failures++;
	if (!walk->used || !is_promised(walk, PTR_ERR(got))) {
		walk->others++;
		walk->other = PTR_ERR(got);
	}
	return false;
}

static struct orch_thread *new_thread(struct walk *walk, int node, int cpu)
{
	struct orch_thread *t = orch_thread_new(walk->test, node, cpu, NULL,
						THREAD_NAME);

	KUNIT_ASSERT_NOT_NULL(walk->test, t);
	arm(walk);
	return t;
}

static bool end_thread(struct walk *walk, struct orch_thread *t,
		       struct task_struct *task)
{
	bool made = disarm(walk, task);

	return made == orch_thread_made(t, task ?: ERR_PTR(-ENODATA));
}

static bool make_thread(struct walk *walk)
{
	struct orch_thread *t = new_thread(walk, 0, -1);

	return end_thread(walk, t, kthread_create_on_node(orch_thread_main, t, 0,
							  THREAD_NAME));
}

static bool make_thread_on_cpu(struct walk *walk)
{
	struct orch_thread *t = new_thread(walk, cpu_to_node(0), 0);

	return end_thread(walk, t, kthread_create_on_cpu(orch_thread_main, t, 0,
							 THREAD_NAME));
}

static bool run_thread(struct walk *walk)
{
	struct orch_thread *t = new_thread(walk, NUMA_NO_NODE, -1);

	return end_thread(walk, t, kthread_run(orch_thread_main, t, THREAD_NAME));
}

static bool run_thread_on_cpu(struct walk *walk)
{
	struct orch_thread *t = new_thread(walk, cpu_to_node(0), 0);

	return end_thread(walk, t, kthread_run_on_cpu(orch_thread_main, t, 0,
						      THREAD_NAME));
}

static struct orch_worker *new_worker(struct walk *walk, int node, int cpu)
{
	struct orch_worker *ow = orch_worker_new(walk->test, node, cpu,
						 THREAD_NAME);

	KUNIT_ASSERT_NOT_NULL(walk->test, ow);
	arm(walk);
	return ow;
}

static bool end_worker(struct walk *walk, struct orch_worker *ow,
		       struct kthread_worker *kw)
{
	bool made = disarm(walk, kw);

	return made == orch_worker_made(ow, kw ?: ERR_PTR(-ENODATA));
}

static bool make_worker(struct walk *walk)
{
	struct orch_worker *ow = new_worker(walk, NUMA_NO_NODE, -1);

#if ORCH_WORKER_TAKES_NODE
	return end_worker(walk, ow,
			  kthread_create_worker_on_node(0, 0, THREAD_NAME));
#else
	return end_worker(walk, ow, kthread_create_worker(0, THREAD_NAME));
#endif
}

static bool make_worker_on_cpu(struct walk *walk)
{
	struct orch_worker *ow = new_worker(walk, cpu_to_node(0), 0);

	return end_worker(walk, ow,
			  kthread_create_worker_on_cpu(0, 0, THREAD_NAME));
}

#ifdef kthread_run_worker
static bool run_worker(struct walk *walk)
{
	struct orch_worker *ow = new_worker(walk, NUMA_NO_NODE, -1);
	struct kthread_worker *kw = kthread_run_worker(0, THREAD_NAME);

	return end_worker(walk, ow, kw);
}

static bool run_worker_on_cpu(struct walk *walk)
{
	struct orch_worker *ow = new_worker(walk, cpu_to_node(0), 0);

	return end_worker(walk, ow, kthread_run_worker_on_cpu(0, 0, THREAD_NAME));
}
#endif

/* Make each allocation of victim fail in turn while make() is called. */
static void walk_through(struct kunit *test, struct task_struct *victim,
			 make_fn make)
{
	struct walk walk = { .test = test, .victim = victim };
	int existed = orch_count_threads(THREAD_NAME);
	int made = 0;

	orch_need_faults(test);
	for (walk.nth = 1; walk.nth < MOST_ALLOCATIONS; walk.nth++) {
		int before = walk.failures;

		KUNIT_ASSERT_TRUE(test, make(&walk));
		made += walk.failures == before;
		if (!walk.used)
			break;
	}
	KUNIT_EXPECT_LT(test, walk.nth, MOST_ALLOCATIONS);
	KUNIT_EXPECT_GT(test, walk.failures, 0);
	KUNIT_EXPECT_EQ_MSG(test, walk.others, 0, "the last with %ld",
			    walk.other);
	/* The last call met no failure. */
	KUNIT_EXPECT_GT(test, made, 0);
	KUNIT_EXPECT_TRUE_MSG(test, orch_threads_go(THREAD_NAME, existed + made),
			      "%d threads stay behind",
			      orch_count_threads(THREAD_NAME) - existed - made);
}

/* kthread_create_on_node(): what the creator allocates. */
static void thread_creator_short(struct kunit *test)
{
	walk_through(test, current, make_thread);
}

/* kthread_create_on_node(): what kthreadd allocates for it. */
static void thread_kthreadd_short(struct kunit *test)
{
	walk_through(test, orch_kthreadd(), make_thread);
}

/* kthread_create_on_cpu(): no bind of a thread that is not there. */
static void cpu_thread_creator_short(struct kunit *test)
{
	walk_through(test, current, make_thread_on_cpu);
}

static void cpu_thread_kthreadd_short(struct kunit *test)
{
	walk_through(test, orch_kthreadd(), make_thread_on_cpu);
}

/* kthread_create_worker_on_node(): the worker goes if its thread fails. */
static void worker_creator_short(struct kunit *test)
{
	walk_through(test, current, make_worker);
}

static void worker_kthreadd_short(struct kunit *test)
{
	walk_through(test, orch_kthreadd(), make_worker);
}

/* kthread_create_worker_on_cpu(): both of the above. */
static void cpu_worker_creator_short(struct kunit *test)
{
	walk_through(test, current, make_worker_on_cpu);
}

static void cpu_worker_kthreadd_short(struct kunit *test)
{
	walk_through(test, orch_kthreadd(), make_worker_on_cpu);
}

/* include/linux/kthread.h: kthread_run*() pass errors on and wake nobody. */
static void run_creator_short(struct kunit *test)
{
	walk_through(test, current, run_thread);
	walk_through(test, current, run_thread_on_cpu);
#ifdef kthread_run_worker
	walk_through(test, current, run_worker);
	walk_through(test, current, run_worker_on_cpu);
#endif
}

/*
 * kthread_affine_preferred(): -ENOMEM, and the thread is as it was: a second
 * call may succeed.
 */
static void preference_short(struct kunit *test)
{
#ifdef ORCH_HAS_AFFINE_PREFERRED
	int last = cpumask_last(cpu_online_mask);
	struct orch_thread *t;
	int nth, failed = 0;
	bool used = true;
	long err;

	orch_need_faults(test);
	for (nth = 1; used && nth < MOST_ALLOCATIONS; nth++) {
		t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_wish");
		orch_fail_nth(current, nth);
		err = kthread_affine_preferred(t->task, cpumask_of(last));
		used = !orch_fail_left(current);
		orch_fail_nth(current, 0);
		if (err) {
			KUNIT_EXPECT_EQ(test, err, -ENOMEM);
			KUNIT_EXPECT_TRUE(test, used);
			failed++;
			err = kthread_affine_preferred(t->task, cpumask_of(last));
		}
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
		KUNIT_EXPECT_EQ(test, t->place.cpu, last);
	}
	KUNIT_EXPECT_FALSE(test, used);
	KUNIT_EXPECT_GT(test, failed, 0);
#else
	kunit_skip(test, "this tree has no kthread_affine_preferred()");
#endif
}

/*
 * GFP_KERNEL, Documentation/core-api/memory-allocation.rst: a creator may wait
 * for memory, so it asks for none that is to be had at once or not at all.
 */
static void creator_waits_for_memory(struct kunit *test)
{
	static const make_fn make[] = {
		run_thread, run_thread_on_cpu, make_worker, make_worker_on_cpu,
	};
	struct walk walk = { .test = test, .victim = current };
	int i;

	hasty.asked = 0;
	orch_hook_all(hooks, ARRAY_SIZE(hooks));
	if (!hooks[0].on || !hooks[1].on)
		kunit_skip(test, "the kernel does not tell of allocations");
	for (i = 0; i < ARRAY_SIZE(make); i++)
		KUNIT_EXPECT_TRUE(test, make[i](&walk));
	orch_unhook_all(hooks, ARRAY_SIZE(hooks));
	KUNIT_EXPECT_GT(test, hasty.asked, 0);
	KUNIT_EXPECT_EQ_MSG(test, hasty.could_not_wait, 0, "the last at %pS",
			    (void *)hasty.site);
}

/* The hooks are off when a case ends, however it ends. */
static void end(struct kunit *test)
{
	hasty.task = NULL;
	orch_unhook_all(hooks, ARRAY_SIZE(hooks));
	orch_end(test);
}

static struct kunit_case orch_faults_cases[] = {
	KUNIT_CASE(thread_creator_short),
	KUNIT_CASE(thread_kthreadd_short),
	KUNIT_CASE(cpu_thread_creator_short),
	KUNIT_CASE(cpu_thread_kthreadd_short),
	KUNIT_CASE(worker_creator_short),
	KUNIT_CASE(worker_kthreadd_short),
	KUNIT_CASE(cpu_worker_creator_short),
	KUNIT_CASE(cpu_worker_kthreadd_short),
	KUNIT_CASE(run_creator_short),
	KUNIT_CASE(preference_short),
	KUNIT_CASE(creator_waits_for_memory),
	{}
};

static struct kunit_suite orch_faults_suite = {
	.name = "orch_faults",
	.init = orch_suite_init,
	.exit = end,
	.test_cases = orch_faults_cases,
};

kunit_test_suite(orch_faults_suite);

MODULE_DESCRIPTION("creating kthreads and workers when allocations fail");
MODULE_LICENSE("GPL");
