// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_latency: creations in a row, with nothing else going on.
 *
 * How long each took stands in the trace, between orch_request and
 * orch_created; the host compares the distributions of two kernels. Here only
 * success is asked for.
 */
#include <linux/module.h>
#include <linux/nodemask.h>
#include "orch_core.h"

#define MANY	64

/* Call make() for MANY nodes in turn. */
static void in_turn(struct kunit *test, void (*make)(struct kunit *test, int node))
{
	int node = first_online_node;
	int i;

	for (i = 0; i < MANY; i++) {
		make(test, node);
		node = next_online_node(node);
		if (node == MAX_NUMNODES)
			node = first_online_node;
	}
}

static void make_thread(struct kunit *test, int node)
{
	struct orch_thread *t = orch_thread_create(test, node, NULL, "orch_lat");

	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), -EINTR);
}

static void make_worker(struct kunit *test, int node)
{
	struct orch_worker *ow = orch_worker_create(test, node, 0, "orch_wlat");

	KUNIT_EXPECT_TRUE(test, orch_worker_destroy(ow));
}

/* kthread_create_on_node(): time and again. */
static void threads(struct kunit *test)
{
	in_turn(test, make_thread);
}

/* kthread_create_worker_on_node(): the same. */
static void workers(struct kunit *test)
{
	in_turn(test, make_worker);
}

static struct kunit_case orch_latency_cases[] = {
	KUNIT_CASE(threads),
	KUNIT_CASE(workers),
	{}
};

static struct kunit_suite orch_latency_suite = {
	.name = "orch_latency",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_latency_cases,
};

kunit_test_suite(orch_latency_suite);

MODULE_DESCRIPTION("creations in a row, to be timed from outside");
MODULE_LICENSE("GPL");
