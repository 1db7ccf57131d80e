// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_affinity: expected verdict FAIL, though all cases pass. Only the
 * trace shows that a worker works away from the node it was made for.
 */
#include <linux/module.h>
#include <linux/topology.h>
#include "orch_core.h"

static int cpu_outside(int node)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (cpu_to_node(cpu) != node)
			return cpu;
	}
	return -1;
}

static void red(struct kunit *test)
{
	int node = cpu_to_node(cpumask_first(cpu_online_mask));
	int cpu = cpu_outside(node);
	struct orch_worker *ow;
	struct orch_work *w;

	if (!ORCH_WORKER_TAKES_NODE)
		kunit_skip(test, "this tree's workers take no node");
	if (cpu < 0)
		kunit_skip(test, "all CPUs are on node %d", node);
	ow = orch_worker_run(test, node, 0, "orch_astray");
	/* Once the worker sleeps, it has taken on the affinity of its node. */
	KUNIT_ASSERT_TRUE(test, orch_wait_state(ow->task, TASK_INTERRUPTIBLE));
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(ow->task, cpumask_of(cpu)), 0);
	w = orch_work_new(test, ow, NULL);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	KUNIT_EXPECT_EQ(test, w->place.cpu, cpu);
}

static struct kunit_case orch_red_affinity_cases[] = {
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_affinity_suite = {
	.name = "orch_red_affinity",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_affinity_cases,
};

kunit_test_suite(orch_red_affinity_suite);

MODULE_DESCRIPTION("red: moves a worker off its node");
MODULE_LICENSE("GPL");
