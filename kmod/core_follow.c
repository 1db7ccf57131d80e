// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: threads and workers that are asked again and again where they are,
 * while CPUs and memory come and go.
 *
 * Records of requests name no node here: where a thread runs while its node
 * has no CPU is no misplacement.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include "core.h"

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

struct orch_thread *orch_follower(struct kunit *test, int node,
				  const char *name)
{
	struct orch_thread *t = orch_thread_new(test, NUMA_NO_NODE, -1,
						report_when_woken, name);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_create_on_node(orch_thread_main, t, node, "%s", name);
	KUNIT_ASSERT_TRUE(test, orch_thread_made(t, task));
	return t;
}
EXPORT_SYMBOL_GPL(orch_follower);

void orch_follower_start(struct kunit *test, struct orch_thread *t)
{
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task, TASK_INTERRUPTIBLE));
}
EXPORT_SYMBOL_GPL(orch_follower_start);

/* Wake t and have it tell where it is. */
void orch_follower_ask(struct kunit *test, struct orch_thread *t)
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
EXPORT_SYMBOL_GPL(orch_follower_ask);

struct orch_worker *orch_follower_worker(struct kunit *test, int node,
					 const char *name)
{
	struct orch_worker *ow = orch_worker_new(test, NUMA_NO_NODE, -1, name);
	struct kthread_worker *kw;

	KUNIT_ASSERT_NOT_NULL(test, ow);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(0, node, "%s", name);
#else
	kw = kthread_create_worker(0, "%s", name);
#endif
	KUNIT_ASSERT_TRUE(test, orch_worker_made(ow, kw));
	return ow;
}
EXPORT_SYMBOL_GPL(orch_follower_worker);

/* A work of ow's runs where those of a worker with that node shall. */
void orch_follower_expect_work(struct kunit *test, struct orch_worker *ow,
			       int node)
{
	struct orch_work *w = orch_work_new(test, ow, NULL);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	orch_expect_cpus(test, &w->place, ORCH_WORKER_TAKES_NODE ? node :
			 NUMA_NO_NODE);
}
EXPORT_SYMBOL_GPL(orch_follower_expect_work);
