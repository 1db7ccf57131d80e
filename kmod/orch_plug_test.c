// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_plug: nodes that get CPUs and memory, and lose them again, under
 * threads that were made for them before.
 *
 * orch_hotplug takes CPUs down that stay in the machine; here they come and go
 * themselves, to nodes that had none or were not there at all.
 */
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/topology.h>
#include "orch_core.h"

/*
 * Made before the part comes. None is left waiting for its first run: that
 * is TASK_UNINTERRUPTIBLE, and the host may take longer than a task may hang.
 */
struct watched {
	struct orch_thread *old;
	struct orch_worker *ow;
};

static void make(struct kunit *test, struct watched *on, int node)
{
	on->old = orch_follower(test, node, "orch_old");
	orch_follower_start(test, on->old);
	on->ow = orch_follower_worker(test, node, "orch_wplug");
	orch_follower_expect_work(test, on->ow, node);
}

/*
 * kthreads_online_cpu(), 6.14: who prefers a node runs anywhere as long as the
 * node has no CPU, and on its CPUs, all of them, once there are some. Memory of
 * a new thread is the node's from when the node has some.
 */
static void expect_placed(struct kunit *test, struct watched *on, int node)
{
	struct orch_thread *young;

	orch_follower_ask(test, on->old);
	orch_expect_cpus(test, &on->old->place, node);
	orch_follower_expect_work(test, on->ow, node);
	young = orch_follower(test, node, "orch_young");
	orch_expect_memory(test, young->task, node);
	orch_follower_start(test, young);
	orch_expect_cpus(test, &young->place, node);
	KUNIT_EXPECT_EQ(test, orch_thread_stop(young), 0);
}

/* One part of the machine; also nodes that are not online yet, and no node. */
static void threads_follow(struct kunit *test)
{
	struct orch_thread *other;
	struct watched *on;
	int node, err;

	orch_need_plugs(test);
	on = kunit_kcalloc(test, nr_node_ids, sizeof(*on), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, on);
	for_each_node(node) {
		make(test, &on[node], node);
		expect_placed(test, &on[node], node);
	}
	other = orch_follower(test, NUMA_NO_NODE, "orch_other");
	orch_follower_start(test, other);

	err = orch_plug_next();
	/* The machine is not the kernel's fault: the host has the word. */
	if (err == -ETIMEDOUT)
		kunit_skip(test, "the part was not seen");
	KUNIT_ASSERT_EQ(test, err, 0);

	for_each_node(node)
		expect_placed(test, &on[node], node);
	orch_follower_ask(test, other);
	orch_expect_cpus(test, &other->place, NUMA_NO_NODE);
}

static struct kunit_case orch_plug_cases[] = {
	KUNIT_CASE_PARAM(threads_follow, orch_gen_plugs),
	{}
};

static struct kunit_suite orch_plug_suite = {
	.name = "orch_plug",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_plug_cases,
};

kunit_test_suite(orch_plug_suite);

MODULE_DESCRIPTION("nodes that get CPUs and memory under threads, and lose them");
MODULE_LICENSE("GPL");
