// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_placement: which node a thread's memory comes from. */
#include <linux/module.h>
#include <linux/nodemask.h>
#include "orch_core.h"

/*
 * kthread_create_on_node(): "task and thread structures for the thread are
 * allocated on this node". Judged before the thread runs.
 */
static void thread_memory(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_thread *t;

	t = orch_thread_create(test, node, NULL, "orch_mem");
	orch_expect_memory(test, t->task, node);
}

/* The same, as the thread sees it: it runs on the stack that was asked for. */
static void thread_memory_from_inside(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_thread *t;

	t = orch_thread_create(test, node, NULL, "orch_inside");
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_EXPECT_EQ(test, t->place.task_node, orch_task_node(t->task));
	KUNIT_EXPECT_EQ(test, t->place.stack_node, orch_stack_node(t->task, 0));
	orch_expect_memory(test, t->task, node);
}

/*
 * tsk_fork_get_node(), kernel/fork.c or kernel/kthread.c: kthreadd notes the
 * node of one request at a time, so interleaved requests must not mix.
 */
static void nodes_in_turn(struct kunit *test)
{
	struct orch_thread *t;
	int round, node;

	for (round = 0; round < 3; round++) {
		for_each_online_node(node) {
			t = orch_thread_create(test, node, NULL, "orch_turn");
			orch_expect_memory(test, t->task, node);
			orch_thread_stop(t);
		}
	}
}

/* kthread_create_worker_on_node(), 6.14: the same promise for workers. */
static void worker_memory(struct kunit *test)
{
	int node = orch_node_param(test);
	struct orch_worker *ow;

	if (!ORCH_WORKER_TAKES_NODE)
		kunit_skip(test, "this tree's workers take no node");
	ow = orch_worker_create(test, node, 0, "orch_wmem");
	orch_expect_memory(test, ow->task, node);
}

/* kthread_create_on_cpu(): memory comes from the node of the CPU. */
static void cpu_thread_memory(struct kunit *test)
{
	struct orch_thread *t;
	int cpu;

	for_each_online_cpu(cpu) {
		t = orch_thread_create_on_cpu(test, cpu, "orch_cmem/%u");
		orch_expect_memory(test, t->task, cpu_to_node(cpu));
	}
}

/* kthread_create_worker_on_cpu(): and so does a worker's. */
static void cpu_worker_memory(struct kunit *test)
{
	struct orch_worker *ow;
	int cpu;

	for_each_online_cpu(cpu) {
		ow = orch_worker_create_on_cpu(test, cpu, "orch_wcmem/%u");
		orch_expect_memory(test, ow->task, cpu_to_node(cpu));
	}
}

static struct kunit_case orch_placement_cases[] = {
	KUNIT_CASE_PARAM(thread_memory, orch_gen_nodes),
	KUNIT_CASE_PARAM(thread_memory_from_inside, orch_gen_nodes),
	KUNIT_CASE(nodes_in_turn),
	KUNIT_CASE_PARAM(worker_memory, orch_gen_nodes),
	KUNIT_CASE(cpu_thread_memory),
	KUNIT_CASE(cpu_worker_memory),
	{}
};

static struct kunit_suite orch_placement_suite = {
	.name = "orch_placement",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_placement_cases,
};

kunit_test_suite(orch_placement_suite);

MODULE_DESCRIPTION("NUMA node of a kthread's task_struct and stack");
MODULE_LICENSE("GPL");
