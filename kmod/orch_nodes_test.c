// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_nodes: nodes that lack something, and no node at all.
 *
 * Only what a caller may ask for is asked. A number that is no possible node
 * (below -1, or nr_node_ids and up) is used as an index into node_data[] and
 * node_to_cpumask_map[] unchecked; what follows is not defined.
 */
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/topology.h>
#include "orch_core.h"

/* All that is promised of a thread created with node. */
static void expect_thread(struct kunit *test, int node)
{
	struct orch_thread *t;

	t = orch_thread_create(test, node, NULL, "orch_node");
	orch_expect_memory(test, t->task, node);
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	orch_expect_cpus(test, &t->place, node);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
}

/* All that is promised of a worker created with node, if it can be. */
static void expect_worker(struct kunit *test, int node)
{
	struct orch_worker *ow;
	struct orch_work *w;

	if (!ORCH_WORKER_TAKES_NODE)
		return;
	ow = orch_worker_run(test, node, 0, "orch_wodd");
	orch_expect_memory(test, ow->task, node);
	w = orch_work_new(test, ow, NULL);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, orch_work_wait(w));
	orch_expect_cpus(test, &w->place, node);
	KUNIT_EXPECT_TRUE(test, orch_worker_destroy(ow));
}

/* NUMA_NO_NODE is no wish: memory of some node, any CPU. */
static void no_node(struct kunit *test)
{
	expect_thread(test, NUMA_NO_NODE);
	expect_worker(test, NUMA_NO_NODE);
}

/* Each node that is online, whatever it has. */
static void online_node(struct kunit *test)
{
	expect_thread(test, orch_node_param(test));
	expect_worker(test, orch_node_param(test));
}

/* CPUs without memory: memory comes from elsewhere, the CPUs are the node's. */
static void memoryless_node(struct kunit *test)
{
	int node, seen = 0;

	for_each_online_node(node) {
		if (node_state(node, N_MEMORY))
			continue;
		expect_thread(test, node);
		expect_worker(test, node);
		seen++;
	}
	if (!seen)
		kunit_skip(test, "each online node has memory");
}

/* Memory without CPUs: the memory is the node's, any CPU may run it. */
static void cpuless_node(struct kunit *test)
{
	int node, seen = 0;

	for_each_online_node(node) {
		if (!cpumask_empty(cpumask_of_node(node)))
			continue;
		expect_thread(test, node);
		expect_worker(test, node);
		seen++;
	}
	if (!seen)
		kunit_skip(test, "each online node has a CPU");
}

/*
 * A possible node that is not online has its pglist_data since 5.18, with
 * fallback to the others, and no CPU: a node that lacks both.
 */
static void offline_node(struct kunit *test)
{
	int node, seen = 0;

	for_each_node(node) {
		if (node_online(node))
			continue;
		expect_thread(test, node);
		expect_worker(test, node);
		seen++;
	}
	if (!seen)
		kunit_skip(test, "each possible node is online");
}

static struct kunit_case orch_nodes_cases[] = {
	KUNIT_CASE(no_node),
	KUNIT_CASE_PARAM(online_node, orch_gen_nodes),
	KUNIT_CASE(memoryless_node),
	KUNIT_CASE(cpuless_node),
	KUNIT_CASE(offline_node),
	{}
};

static struct kunit_suite orch_nodes_suite = {
	.name = "orch_nodes",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_nodes_cases,
};

kunit_test_suite(orch_nodes_suite);

MODULE_DESCRIPTION("nodes without memory, without CPUs, offline, or none");
MODULE_LICENSE("GPL");
