// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: beginning and end of a case, calls with an end, trace events. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "core.h"

#define CREATE_TRACE_POINTS
#include "orch_trace.h"

static struct workqueue_struct *orch_wq;
static bool orch_stuck;		/* a call was left behind */

/* Generous: an emulated guest on a busy host can be ten times slower. */
static unsigned int timeout_ms = 30000;
module_param(timeout_ms, uint, 0444);
MODULE_PARM_DESC(timeout_ms, "end of each wait in a case, milliseconds, where the guest is not slow");

static unsigned int patience_ms = 1200;
module_param(patience_ms, uint, 0444);
MODULE_PARM_DESC(patience_ms, "time in which a call that waits may not give up");

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of what suites do at random");

bool orch_is_stuck(void)
{
	return READ_ONCE(orch_stuck);
}

unsigned long orch_timeout(void)
{
	return msecs_to_jiffies(orch_slow(max(timeout_ms, 1U)));
}
EXPORT_SYMBOL_GPL(orch_timeout);

unsigned int orch_patience(void)
{
	return patience_ms;
}
EXPORT_SYMBOL_GPL(orch_patience);

u32 orch_random(struct kunit *test, u32 ceil)
{
	struct orch_case *c = test->priv;

	return prandom_u32_state(&c->random) % ceil;
}
EXPORT_SYMBOL_GPL(orch_random);

int orch_begin(struct kunit *test, const char *module)
{
	struct orch_case *c = kzalloc(sizeof(*c), GFP_KERNEL);
	size_t len = strlen(module);

	/* All that follows would wait as long again, and in vain. */
	if (READ_ONCE(orch_stuck)) {
		kfree(c);
		kunit_err(test, "not run: an earlier case is stuck\n");
		return -EDEADLK;
	}
	if (!c)
		return -ENOMEM;
	mutex_init(&c->lock);
	INIT_LIST_HEAD(&c->threads);
	INIT_LIST_HEAD(&c->workers);
	INIT_LIST_HEAD(&c->works);
	/* orch_create_test.ko holds the suite orch_create. */
	if (len > 5 && !strcmp(module + len - 5, "_test"))
		len -= 5;
	snprintf(c->suite, sizeof(c->suite), "%.*s", (int)len, module);
	orch_describe_param(test, c->param, sizeof(c->param));
	prandom_seed_state(&c->random, seed);
	test->priv = c;
	orch_slab_begin(c->suite, test->name);
	trace_orch_case(c->suite, test->name, c->param);
	return 0;
}
EXPORT_SYMBOL_GPL(orch_begin);

/* Runs after the case, also if an assertion ended it. */
void orch_end(struct kunit *test)
{
	struct orch_case *c = test->priv;

	if (!c)
		return;
	orch_end_kthreadd();
	if (!orch_allow_threads())
		KUNIT_FAIL(test, "the limit of threads cannot be put back");
	if (!orch_bring_cpus_back())
		KUNIT_FAIL(test, "a CPU does not come back");
	/* Works first: a thread of the case may wait for one. */
	orch_end_workers(test);
	orch_end_threads(test);
	orch_slab_end();
	trace_orch_case_end(c->suite, test->name, c->param);
	test->priv = NULL;
	/* What is still listed is stuck and uses its memory: leave it. */
	if (list_empty(&c->workers) && list_empty(&c->threads))
		kfree(c);
}
EXPORT_SYMBOL_GPL(orch_end);

void orch_fill_request(struct kunit *test, struct orch_request *req,
		       const char *kind, int node, int cpu, const char *name)
{
	static atomic_t last_id = ATOMIC_INIT(0);
	struct orch_case *c = test->priv;

	req->id = atomic_inc_return(&last_id);
	req->node = node;
	req->cpu = cpu;
	snprintf(req->suite, sizeof(req->suite), "%s", c->suite);
	snprintf(req->kind, sizeof(req->kind), "%s", kind);
	snprintf(req->name, sizeof(req->name), "%s", name);
	trace_orch_request(req);
}

bool orch_wait_refs(struct task_struct *task, unsigned int want)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	while (refcount_read(&task->usage) > want) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(200, 1000);
	}
	return true;
}
EXPORT_SYMBOL_GPL(orch_wait_refs);

struct orch_call {
	struct work_struct work;
	void (*fn)(void *arg);
	void *arg;
	struct completion done;
};

static void orch_call_fn(struct work_struct *work)
{
	struct orch_call *call = container_of(work, struct orch_call, work);

	call->fn(call->arg);
	complete(&call->done);
}

/*
 * Call fn(arg) from a workqueue, which needs nothing of the code under test
 * once it has its threads. If fn does not come back in time the call is left
 * behind, the module is pinned for it, and no further case is begun.
 */
bool orch_bounded(void (*fn)(void *arg), void *arg)
{
	struct orch_call *call = kzalloc(sizeof(*call), GFP_KERNEL);
	unsigned long wait;

	if (!call)
		return false;
	INIT_WORK(&call->work, orch_call_fn);
	call->fn = fn;
	call->arg = arg;
	init_completion(&call->done);
	queue_work(orch_wq, &call->work);
	/* Who is stuck already won't be less so for more patience. */
	wait = READ_ONCE(orch_stuck) ? HZ / 4 : ORCH_TIMEOUT;
	if (!wait_for_completion_timeout(&call->done, wait)) {
		WRITE_ONCE(orch_stuck, true);
		__module_get(THIS_MODULE);
		return false;
	}
	flush_work(&call->work);
	kfree(call);
	return true;
}
EXPORT_SYMBOL_GPL(orch_bounded);

/* Wait until task sleeps in state; false: it did not in time. */
bool orch_wait_state(struct task_struct *task, unsigned int state)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	while (READ_ONCE(task->__state) != state) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(100, 500);
	}
	return true;
}
EXPORT_SYMBOL_GPL(orch_wait_state);

static int __init orch_core_init(void)
{
	orch_wq = alloc_workqueue("orchwq", WQ_UNBOUND, 0);
	if (!orch_wq)
		return -ENOMEM;
	orch_fresh_init();
	orch_speed_init();
	orch_list_nodes();
	orch_kthreadd_init();
	orch_slab_init();
	return 0;
}

static void __exit orch_core_exit(void)
{
	orch_slab_exit();
	orch_kthreadd_exit();
	destroy_workqueue(orch_wq);
}

module_init(orch_core_init);
module_exit(orch_core_exit);
MODULE_DESCRIPTION("helpers and trace events of the orchestrate suites");
MODULE_LICENSE("GPL");
