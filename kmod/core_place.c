// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: where threads are, and where the kernel says they will be. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/sched/isolation.h>
#include <linux/sched/task_stack.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include "core.h"

static int orch_nodes[MAX_NUMNODES];
static int orch_node_count;

void orch_list_nodes(void)
{
	int node;

	for_each_online_node(node)
		orch_nodes[orch_node_count++] = node;
}

#ifdef KUNIT_CASE_PARAM_WITH_INIT
const void *orch_gen_nodes(struct kunit *test, const void *prev, char *desc)
#else
const void *orch_gen_nodes(const void *prev, char *desc)
#endif
{
	const int *node = prev ? (const int *)prev + 1 : orch_nodes;

	if (node == orch_nodes + orch_node_count)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "node%d", *node);
	return node;
}
EXPORT_SYMBOL_GPL(orch_gen_nodes);

/* The parameter of a case as KTAP shows it, "-" if it has none of ours. */
void orch_describe_param(struct kunit *test, char *desc, size_t size)
{
	const int *node = test->param_value;

	if (node >= orch_nodes && node < orch_nodes + orch_node_count)
		snprintf(desc, size, "node%d", *node);
	else
		snprintf(desc, size, "-");
}

int orch_task_node(struct task_struct *task)
{
	return page_to_nid(virt_to_page(task));
}
EXPORT_SYMBOL_GPL(orch_task_node);

/* Node of the page'th page of the kernel stack. */
int orch_stack_node(struct task_struct *task, unsigned int page)
{
	void *addr = task_stack_page(task) + page * PAGE_SIZE;

	if (is_vmalloc_addr(addr))
		return page_to_nid(vmalloc_to_page(addr));
	return page_to_nid(virt_to_page(addr));
}
EXPORT_SYMBOL_GPL(orch_stack_node);

/* Called by the thread to be described. */
void orch_record(struct orch_place *place)
{
	place->pid = current->pid;
	place->task_node = orch_task_node(current);
	place->stack_node = orch_stack_node(current, 0);
	place->cpu = raw_smp_processor_id();
	place->cpu_node = cpu_to_node(place->cpu);
	cpumask_copy(&place->allowed, current->cpus_ptr);
}
EXPORT_SYMBOL_GPL(orch_record);

/*
 * kthread(), kernel/kthread.c: without a bind, a thread may use the CPUs of
 * its node that housekeeping leaves to kthreads, or all of those if the node
 * has none or none was given. Before 6.14 the node was not looked at.
 */
void orch_promised_cpus(int node, struct cpumask *cpus)
{
	struct cpumask *usable = cpus;

	rcu_read_lock();
	cpumask_and(usable, housekeeping_cpumask(HK_TYPE_KTHREAD),
		    cpu_online_mask);
	rcu_read_unlock();
	if (IS_ENABLED(CONFIG_NUMA) && ORCH_NODE_IS_AFFINITY &&
	    node != NUMA_NO_NODE &&
	    cpumask_intersects(usable, cpumask_of_node(node)))
		cpumask_and(cpus, usable, cpumask_of_node(node));
}
EXPORT_SYMBOL_GPL(orch_promised_cpus);

/* Place was recorded by a thread created with node and never bound. */
void orch_expect_cpus(struct kunit *test, const struct orch_place *place,
		      int node)
{
	struct cpumask *want = kunit_kzalloc(test, sizeof(*want), GFP_KERNEL);
	struct cpumask *got = kunit_kzalloc(test, sizeof(*got), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, got);
	orch_promised_cpus(node, want);
	cpumask_and(got, &place->allowed, cpu_online_mask);
	KUNIT_EXPECT_TRUE_MSG(test, cpumask_equal(want, got),
			      "node %d: allowed CPUs %*pbl, not %*pbl", node,
			      cpumask_pr_args(got), cpumask_pr_args(want));
	KUNIT_EXPECT_TRUE_MSG(test, cpumask_test_cpu(place->cpu, want),
			      "node %d: ran on CPU %d, not one of %*pbl", node,
			      place->cpu, cpumask_pr_args(want));
}
EXPORT_SYMBOL_GPL(orch_expect_cpus);

/* Distance of the node with memory that is nearest to node. */
static int orch_nearest(int node)
{
	int best = INT_MAX;
	int n;

	for_each_node_state(n, N_NORMAL_MEMORY)
		best = min(best, node_distance(node, n));
	return best;
}

static void orch_expect_stack(struct kunit *test, struct task_struct *task,
			      int node)
{
	bool kept = !IS_ENABLED(CONFIG_VMAP_STACK);
	unsigned int page;
	int got;

#ifdef ORCH_VMAP_STACK_ON_NODE
	kept = true;
#endif
	for (page = 0; page < THREAD_SIZE / PAGE_SIZE; page++) {
		got = orch_stack_node(task, page);
		KUNIT_EXPECT_TRUE_MSG(test, node_state(got, N_NORMAL_MEMORY),
				      "stack page %u on node %d", page, got);
		if (!kept || node == NUMA_NO_NODE)
			continue;
		if (node_state(node, N_NORMAL_MEMORY)) {
			KUNIT_EXPECT_EQ_MSG(test, got, node, "stack page %u",
					    page);
			continue;
		}
		/*
		 * find_next_best_node(), mm/page_alloc.c: fallback goes by
		 * distance, with 1 more for a lower number and 1 more for
		 * having CPUs.
		 */
		KUNIT_EXPECT_LE_MSG(test, node_distance(node, got),
				    orch_nearest(node) + 2,
				    "stack page %u on node %d is not nearest to %d",
				    page, got, node);
	}
}

/*
 * dup_task_struct(), kernel/fork.c: task_struct and stack come from the node
 * that kthread_create_on_node() was given. A task_struct for a node without
 * memory comes from any node (___slab_alloc(), mm/slub.c, drops the wish); a
 * stack comes from the nearest.
 */
void orch_expect_memory(struct kunit *test, struct task_struct *task, int node)
{
	int got = orch_task_node(task);

	KUNIT_EXPECT_TRUE_MSG(test, node_state(got, N_NORMAL_MEMORY),
			      "task_struct on node %d", got);
	if (node != NUMA_NO_NODE && node_state(node, N_NORMAL_MEMORY))
		KUNIT_EXPECT_EQ_MSG(test, got, node, "task_struct");
	orch_expect_stack(test, task, node);
}
EXPORT_SYMBOL_GPL(orch_expect_memory);
